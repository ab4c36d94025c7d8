// Rules in the browser's interpreter and the same rules written by hand, each over the same records. Prints the nanoseconds of a rule.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tierloom-bench-'));
const bundle = path.join(folder, 'formulas.mjs');
await build({
  stdin: { contents: "export * from './interpreter'; export * from './arithmetic'; export * from './values';", resolveDir: path.join(root, 'static/src/formulas'), loader: 'ts' },
  outfile: bundle, bundle: true, format: 'esm', minify: true, target: 'es2022', logLevel: 'warning',
});
const { compile, fromWire, quotient } = await import(pathToFileURL(bundle));
fs.rmSync(folder, { recursive: true });

const { trees, records, run, rounds } = JSON.parse(fs.readFileSync(0, 'utf8'));
const moment = { ...run, now: BigInt(run.now) };
const plain = ([type, value]) => fromWire(value, type);
const read = record => ({
  ...Object.fromEntries(Object.entries(record.values).map(([key, each]) => [key, plain(each)])),
  items: record.items.map(row => Object.fromEntries(Object.entries(row).map(([key, each]) => [key, plain(each)]))),
});
const rows = records.map(read);

/** A record as the interpreter asks for it. */
class Held {
  constructor(values, rows) { this.values = values; this.rows = rows; }
  field(key) { return this.values[key]; }
  blank(key) { const value = this.values[key]; return value === null || value === '' || (Array.isArray(value) && !value.length); }
  path() { return null; }
  related() { return this.rows; }
  name() { return null; }
}
const held = rows.map(row => new Held(row, row.items.map(each => new Held(each, []))));

// Ten rules by hand, over the same records, as somebody who knows these fields would write them: amounts in cents, percentages whole.
function total(rows, of) {
  let found = 0n;
  for (const row of rows) { const one = of(row); if (one !== null) found += one; }
  return found;
}
const product = (a, b) => (a === null || b === null ? null : a * b);
const BY_HAND = limit => {
  const units = BigInt(limit), cents = units * 100n;
  return [
    it => { const amount = it.field('amount'); return amount !== null && amount > cents; },
    it => it.field('sort') === 'company' && it.field('amount') !== null && it.field('amount') >= cents,
    it => !it.blank('name') && it.field('name').startsWith('A'),
    it => {
      const amount = it.field('amount'), discount = it.field('discount');
      return amount !== null && discount !== null && amount * (100n - discount) > cents * 100n;
    },
    it => total(it.related('items'), row => product(row.field('quantity'), row.field('price'))) > cents,
    it => { const day = it.field('due_on'); return day !== null && day - moment.today > limit; },
    it => {
      if (it.field('sort') === 'company') return true;
      const discount = it.field('discount');
      return it.field('agreed') === true && discount !== null && discount < units;
    },
    it => {
      const amount = it.field('amount'), discount = it.field('discount');
      const share = amount === null || discount === null ? null : quotient(amount, 2, discount, 0);
      return share !== null && share > units * 1_000_000n;
    },
    it => (it.field('amount') ?? 0n) + (it.field('paid') ?? 0n) > cents,
    it => { const discount = it.field('discount'); return it.field('tags').includes('vip') && !(discount !== null && discount > units); },
  ];
};

const programs = trees.map(compile);
const byHand = Array.from({ length: trees.length / 10 }, (_, number) => BY_HAND(number + 1)).flat();

programs.forEach((program, number) => held.forEach(record => {
  if (program.run(record, moment) !== byHand[number](record)) throw new Error(`rule ${number} differs`);
}));

function nanoseconds(work) {
  const start = process.hrtime.bigint();
  let holding = 0;
  for (let round = 0; round < rounds; round++) holding += work();
  if (holding < 0) throw new Error('nothing holds');
  return Number(process.hrtime.bigint() - start) / (rounds * records.length * trees.length);
}
const ours = () => { let holding = 0; for (const record of held) for (const program of programs) if (program.run(record, moment)) holding++; return holding; };
const reference = () => { let holding = 0; for (const record of held) for (const rule of byHand) if (rule(record)) holding++; return holding; };

nanoseconds(ours); nanoseconds(reference);
console.log(JSON.stringify(Array.from({ length: 7 }, () => [nanoseconds(ours), nanoseconds(reference)])));
