// Reads and writes values by the automation designer's own code: a list of [way, formula, names], prints a list of {read, written}.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tierloom-values-'));
const bundle = path.join(folder, 'values.mjs');
await build({ entryPoints: [path.join(root, 'static/src/automation_designer/value_words.ts')], outfile: bundle, bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' });
const { readValue, writeValue } = await import(pathToFileURL(bundle));
fs.rmSync(folder, { recursive: true });
const read = ([way, formula, names]) => { const found = readValue(way, formula, names); return { read: found, written: found === null ? null : writeValue(way, found) }; };
process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(read)));
