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
 * An OpenAI-compatible endpoint on loopback that says `reply` to every request.
 * @param {string} reply
 * @returns {Promise<{ baseUrl: string, close: () => void }>}
 */
export async function startEndpoint(reply) {
  const options = ['--kind', 'openai', '--reply', reply, '--port', '0'];
  const server = spawn(
    join(binFolder(), 'python'),
    ['-m', 'tests.fakes.endpoint', ...options],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: server.stdout })) {
    // It serves until its input closes.
    return { baseUrl: JSON.parse(line).base_url, close: () => server.stdin.end() };
  }
  throw new Error('The fake endpoint ended before it served.');
}
