// Joins drafts by the designers' own code: reads a list of [base, mine, theirs], prints a list of {value, collisions}.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tierloom-joining-'));
const bundle = path.join(folder, 'patches.mjs');
await build({ entryPoints: [path.join(root, 'static/src/designer/patches.ts')], outfile: bundle, bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' });
const { merged } = await import(pathToFileURL(bundle));
fs.rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(each => merged(...each))));
