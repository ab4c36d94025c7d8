// Builds static/dist from static/src: icon sprite, bundles, manifest, notices. Reads nothing from the network.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'static/src');
const target = path.join(root, 'static/dist');
const began = Date.now();

// The icons named in icons.txt, one <symbol> each; a page shows one with <svg><use href="…#name"/></svg>.
function sprite() {
  const names = fs.readFileSync(path.join(source, 'icons.txt'), 'utf8').split(/\s+/).filter(Boolean);
  const symbols = [...new Set(names)].sort().map(name => {
    const file = path.join(root, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`);
    if (!fs.existsSync(file)) throw new Error(`static/src/icons.txt names ${name}, which @tabler/icons does not have.`);
    const shapes = fs.readFileSync(file, 'utf8').match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1].replace(/\s+/g, ' ').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" `
      + `stroke-linejoin="round">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
}

// Every .ts and .tsx file directly in static/src is the entry of a page; folders hold what entries share.
function entries() {
  return fs.readdirSync(source).filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')).sort().map(name => `static/src/${name}`);
}

// What really went into the bundles, with the licence each package carries.
function notices(inputs) {
  const folders = Object.keys(inputs).map(file => file.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
  return [...new Set(['node_modules/@tabler/icons', ...folders])].sort().map(folder => {
    const about = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const licence = fs.readdirSync(path.join(root, folder)).find(name => /^licen[cs]e/i.test(name));
    const text = licence ? fs.readFileSync(path.join(root, folder, licence), 'utf8') : '';
    return `${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`;
  }).join(`\n${'-'.repeat(100)}\n\n`);
}

fs.rmSync(target, { recursive: true, force: true });
fs.mkdirSync(target, { recursive: true });
const icons = sprite();
const iconFile = `icons-${createHash('sha256').update(icons).digest('hex').slice(0, 8)}.svg`;
fs.writeFileSync(path.join(target, iconFile), icons);

const { metafile } = await build({
  absWorkingDir: root, entryPoints: entries(), outdir: target, metafile: true, logLevel: 'warning',
  bundle: true, splitting: true, format: 'esm', minify: true, target: ['chrome109', 'firefox115', 'safari16'],
  entryNames: '[name]-[hash]', chunkNames: 'chunk-[hash]', assetNames: '[name]-[hash]', legalComments: 'linked',
  jsx: 'automatic', jsxImportSource: 'preact', define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.woff2': 'file', '.svg': 'file' },
});

// Name of an entry → its hashed files: {"base.js": {file, css, imports}, "icons.svg": {file}}
const manifest = { 'icons.svg': { file: iconFile } };
for (const [file, output] of Object.entries(metafile.outputs)) {
  if (!output.entryPoint) continue;
  manifest[path.basename(output.entryPoint).replace(/\.tsx?$/, '.js')] = {
    file: path.basename(file),
    css: output.cssBundle && path.basename(output.cssBundle),
    imports: output.imports.filter(each => each.kind === 'import-statement').map(each => path.basename(each.path)),
  };
}
fs.writeFileSync(path.join(target, 'THIRD_PARTY_NOTICES.txt'), notices(metafile.inputs));
fs.writeFileSync(path.join(target, 'manifest.json'), JSON.stringify(manifest, null, 1));
console.log(`static/dist: ${Object.keys(manifest).length} entries in ${((Date.now() - began) / 1000).toFixed(1)} s`);
