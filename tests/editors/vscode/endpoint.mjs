// The project's fake endpoint, in a process of its own.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder with `python` and `qwen-lsp`: the project's environment, or what QWEN_BIN names. */
export function binFolder() {
  const folder = process.env.QWEN_BIN ?? join(ROOT, '.venv', 'bin');
  if (!existsSync(join(folder, 'qwen-lsp'))) {
    throw new Error(`There is no qwen-lsp in ${folder}: run “make .venv/.ready”, or set QWEN_BIN.`);
  }
  return folder;
}

/**
 * An OpenAI-compatible endpoint on loopback; it takes the key `sk-test`.
 * @typedef {object} Endpoint
 * @property {string} baseUrl
 * @property {(text: string) => Promise<void>} reply Says this to every request from now on.
 * @property {() => Promise<number>} countGenerations How often a model was asked.
 * @property {() => void} close
 */

/**
 * @param {string} reply What it says to every request.
 * @param {number} [delayMs] How long it thinks.
 * @returns {Promise<Endpoint>}
 */
export async function startEndpoint(reply, delayMs = 0) {
  const options = ['--kind', 'openai', '--reply', reply, '--delay-first-ms', String(delayMs)];
  const server = spawn(
    join(binFolder(), 'python'),
    ['-m', 'tests.fakes.endpoint', ...options],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const hear = async () => JSON.parse((await lines.next()).value);
  const ask = async (wish) => {
    server.stdin.write(`${JSON.stringify(wish)}\n`);
    return hear();
  };
  return {
    baseUrl: (await hear()).base_url,
    reply: async (text) => void (await ask({ reply: text })),
    countGenerations: async () => (await ask({})).generations,
    // It serves until its input closes.
    close: () => server.stdin.end(),
  };
}
