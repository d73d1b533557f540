// Fills dist/: the extension in one file with the notices of what is bundled into it, the language
// server that it carries, its pictures.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..');
const DIST = join(HERE, 'dist');
const PICTURES = ['ghost-text', 'menu', 'fix-menu', 'explanation'];

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
const bundle = await build({
  absWorkingDir: HERE,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  external: ['vscode'],
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  charset: 'utf8',
  // The licences go along whole, in a file of their own.
  legalComments: 'none',
  metafile: true,
});
writeNotices(Object.keys(bundle.metafile.inputs));
buildServer();
for (const name of PICTURES) {
  copyFileSync(join(ROOT, 'docs', 'pictures', `${name}.webp`), join(DIST, `${name}.webp`));
}
// The package carries the project's licence, of which there is one copy.
copyFileSync(join(ROOT, 'LICENSE'), join(HERE, 'LICENSE'));

/** The licence of every npm package that a bundled file comes from. */
function writeNotices(files) {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const notices = [...new Set(folders)].filter(Boolean).sort().map((folder) => {
    const path = join(HERE, folder);
    const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const licence = readdirSync(path).find((file) => /^licen[cs]e/i.test(file));
    if (!licence) {
      throw new Error(`${name} ${version} has no licence to go along with it.`);
    }
    return `${name} ${version}\n\n${readFileSync(join(path, licence), 'utf8').trim()}\n`;
  });
  writeFileSync(join(DIST, 'NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}

/**
 * The wheel of this very tree: extension and server are never of two versions. Brotli over the files
 * as they are takes two fifths less for the code than a wheel's own zip.
 */
function buildServer() {
  const python = findPython();
  const has = (module) => spawnSync(python, ['-c', `import ${module}`]).status === 0;
  // Without the build backend at hand pip fetches it.
  const isolation = has('hatchling') ? ['--no-build-isolation'] : [];
  const quiet = ['--quiet', '--no-deps', ...isolation];
  run(python, ['-m', 'pip', 'wheel', ...quiet, '--wheel-dir', DIST, ROOT]);
  const wheel = join(DIST, readdirSync(DIST).find((name) => name.endsWith('.whl')));
  run(python, [join(ROOT, 'scripts', 'store_wheel.py'), wheel]);
  writeFileSync(`${wheel}.br`, brotliCompressSync(readFileSync(wheel)));
  rmSync(wheel);
}

function run(program, words) {
  const done = spawnSync(program, words, { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`The wheel cannot be built:\n${done.stderr || String(done.error)}`);
  }
}

function findPython() {
  const own = ['bin/python', 'Scripts/python.exe'].map((path) => join(ROOT, '.venv', path));
  const named = process.env.PYTHON ? [process.env.PYTHON] : [];
  return [...named, ...own.filter(existsSync), 'python3', 'python'].find(
    (each) => spawnSync(each, ['-m', 'pip', '--version']).status === 0,
  );
}
