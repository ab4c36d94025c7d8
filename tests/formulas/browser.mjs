// The browser's interpreter under Node: a line of JSON in, a line of JSON out. The first line out names the functions that are offered.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tierloom-formulas-'));
const bundle = path.join(folder, 'formulas.mjs');
const exported = ['interpreter', 'functions', 'values', 'reading', 'display', 'rules', 'typing']
  .filter(name => fs.existsSync(path.join(root, `static/src/formulas/${name}.ts`))).map(name => `export * from './${name}';`).join('\n');
await build({
  stdin: { contents: exported, resolveDir: path.join(root, 'static/src/formulas'), loader: 'ts' },
  outfile: bundle, bundle: true, format: 'esm', minify: true, target: 'es2022', logLevel: 'warning',
});
const browser = await import(pathToFileURL(bundle));
fs.rmSync(folder, { recursive: true });

/** A record of a test: {values: {key: [type, value]}, rows, names, referenced, above}. */
class Row {
  constructor(given, above) {
    this.above = above;
    this.names = given.names ?? {};
    this.values = Object.fromEntries(Object.entries(given.values).map(([key, [type, value]]) => [key, browser.fromWire(value, type)]));
    this.rows = Object.fromEntries(Object.entries(given.rows ?? {}).map(([key, rows]) => [key, rows.map(each => new Row(each, this))]));
    this.referenced = Object.fromEntries(Object.entries(given.referenced ?? {}).map(([key, row]) => [key, new Row(row)]));
  }
  field(key) { return key in this.values ? this.values[key] : this.above ? this.above.field(key) : null; }
  blank(key) { const value = this.field(key); return value === null || value === '' || (Array.isArray(value) && !value.length); }
  path(reference, key) {
    const target = reference.split('.').reduce((row, step) => row?.referenced[step], this);
    return target ? target.field(key) : null;
  }
  related(relation) { return this.rows[relation] ?? []; }
  name(name) { const [type, value] = this.names[name]; return browser.fromWire(value, type); }
}

function answer({ tree, rows, run }) {
  try {
    const program = browser.compile(tree);
    const moment = { ...run, now: BigInt(run.now) };
    return { scale: program.scale, results: rows.map(row => resultOf(program, new Row(row), moment)) };
  } catch (error) {
    if (error instanceof browser.NotInBrowser) return { not_in_browser: error.message };
    throw error;
  }
}

function resultOf(program, row, run) {
  try {
    return { value: browser.toWire(program.run(row, run)) };
  } catch (error) {
    if (error instanceof browser.CannotCompute) return { cannot: error.message };
    throw error;
  }
}

/** What the rules of a form say of what is typed: the carried part of the page, and the raws of its controls and rows. */
function settled({ carried, pages }) {
  const rules = new browser.Rules(carried);
  const run = { ...carried.run, now: BigInt(carried.run.now), asOf: false };
  return pages.map(({ raws, rows }) => {
    const found = rules.settle({ raw: key => raws[key], rows: key => rows[key] }, run);
    const plain = ({ needed, locked, offered, standing }) => ({
      needed: [...needed].sort(), locked: [...locked].sort(), standing,
      offered: Object.fromEntries([...offered].map(([key, options]) => [key, [...options].sort()])),
    });
    const value = (record, key) => {
      try { return { value: browser.toWire(record.field(key)) }; } catch (error) {
        if (error instanceof browser.NotInBrowser) return { unknown: true };
        throw error;
      }
    };
    const outcome = ({ value: given, scale, unknown }) => (unknown ? { unknown } : { value: browser.toWire(given), scale });
    return {
      ...plain(found), hidden: [...found.hidden.keys()].sort(),
      rows: Object.fromEntries([...found.rows].map(([key, each]) => [key, each.map(plain)])),
      values: Object.fromEntries(Object.keys(carried.fields).map(key => [key, value(found.record, key)])),
      computed: Object.fromEntries(carried.computed.map(({ key }) => [key, outcome(found.record.computed(key))])),
      inRows: Object.fromEntries(Object.entries(carried.subforms).map(([key, { fields, computed }]) => [key, (found.record.rows(key) ?? []).map(row => ({
        ...Object.fromEntries(Object.keys(fields).map(each => [each, value(row, each)])),
        ...Object.fromEntries(computed.map(({ key: each }) => [each, outcome(row.computed(each))])),
      }))])),
    };
  });
}

const TASKS = {
  settled,
  typed_as: ({ field, values, run }) => values.map(value => browser.typedAs(field, browser.fromWire(value, field.value), field.value.scale ?? 0, run.zone)),
  formula: answer,
  typed: ({ field, raws, run }) => raws.map(raw => {
    try { return { value: browser.toWire(browser.readTyped(field, raw, run.zone)) }; } catch (error) {
      if (error instanceof browser.NotInBrowser) return { unknown: true };
      throw error;
    }
  }),
  display: ({ shown, type, scale, values, run }) =>
    values.map(value => browser.displayed(shown, browser.fromWire(value, type), scale, { ...run, now: BigInt(run.now) })),
};

console.log(JSON.stringify(browser.OFFERED));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  console.log(JSON.stringify(TASKS[task.task ?? 'formula'](task)));
}
