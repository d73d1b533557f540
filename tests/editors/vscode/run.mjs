/**
 * Runs every test file of this folder, one after the other: each has a VS Code of its own.
 *
 * A file that fails is run once more and said to be so. A whole editor in a browser on a busy machine
 * misses a moment now and then; what is broken fails twice.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;

function passes(file) {
  const done = spawnSync(process.execPath, ['--test', join(HERE, file)], { stdio: 'inherit' });
  return done.status === 0;
}

const files = readdirSync(HERE).filter((name) => name.endsWith('.test.mjs')).sort();
const failed = [];
for (const file of files) {
  if (passes(file)) {
    continue;
  }
  console.log(`${file} failed and is run once more.`);
  if (!passes(file)) {
    failed.push(file);
  }
}
if (failed.length > 0) {
  console.error(`Failed twice: ${failed.join(', ')}`);
  process.exit(1);
}
