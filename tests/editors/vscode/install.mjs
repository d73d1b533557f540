// Finds code-server (VS Code itself, in a page) or installs it from npm, and finds Chromium.
//
// `node tests/editors/vscode/install.mjs` prints both as JSON.
//
// code-server goes into a cache folder outside the project (`QWEN_EDITORS_CACHE`, default
// `~/.cache/qwen-lsp-tests/editors`) with a Node of its own: it wants exactly the one that it was
// built for. Its native parts are compiled, which takes a C++ compiler, Python and on Debian
// libkrb5-dev, libsecret-1-dev, libx11-dev and libxkbfile-dev.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CODE_SERVER = '4.139.1';
const NODE = '24';
const MINUTE_MS = 60_000;

/**
 * @typedef {object} Programs
 * @property {string} node The Node that runs code-server.
 * @property {string} codeServer The script that starts code-server.
 * @property {string} chromium A Chromium to drive.
 */

/**
 * The programs that the test needs; throws an Error that says what is missing.
 * @returns {Programs}
 */
export function findOrInstall() {
  const folder = join(cacheFolder(), `code-server-${CODE_SERVER}`);
  if (!existsSync(entry(folder))) {
    install(folder);
  }
  return { node: nodeOf(folder), codeServer: entry(folder), chromium: findChromium() };
}

function cacheFolder() {
  return process.env.QWEN_EDITORS_CACHE ?? join(homedir(), '.cache', 'qwen-lsp-tests', 'editors');
}

function entry(folder) {
  return join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
}

function nodeOf(folder) {
  return join(folder, 'node_modules', nodePackage(), 'bin', 'node');
}

function nodePackage() {
  return `node-${process.platform}-${process.arch}`;
}

/** Fills a folder beside `target` and renames it, so that `target` is whole or absent. */
function install(target) {
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'package.json'), '{ "private": true }\n');
  process.stderr.write(`installing code-server ${CODE_SERVER}: some minutes, once\n`);
  npm(unfinished, [`${nodePackage()}@${NODE}`], process.env);
  const node = realpathSync(join(unfinished, 'node_modules', nodePackage()));
  npm(unfinished, [`code-server@${CODE_SERVER}`], {
    ...process.env,
    PATH: [join(node, 'bin'), process.env.PATH].join(delimiter),
    npm_config_nodedir: node,
  });
  rmSync(target, { recursive: true, force: true });
  renameSync(unfinished, target);
}

function npm(folder, packages, environment) {
  const done = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: 15 * MINUTE_MS,
  });
  if (done.status !== 0) {
    const complaint = (done.stderr || String(done.error)).trim().split('\n').slice(-20).join('\n');
    throw new Error(`${packages.join(' ')} cannot be installed from npm:\n${complaint}`);
  }
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [
    process.env.QWEN_CHROMIUM,
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) {
    throw new Error(
      'There is no Chromium here: install it (Debian: chromium), or name it in QWEN_CHROMIUM.',
    );
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(findOrInstall(), null, 2)}\n`);
}
