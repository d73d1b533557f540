import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** What a program left behind. */
export interface Finished {
  code: number | null;
  output: string;
  errors: string;
}

/** How a program is run. `folder` must be none of the workspace: Python looks for modules there. */
export interface Running {
  folder: string;
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, without a shell.
 *
 * @throws {Error} Where it cannot be started, or is ended by `signal`.
 */
export function runProgram(program: string, words: string[], how: Running): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: how.folder,
      windowsHide: true,
      ...(how.timeoutMs !== undefined && { timeout: how.timeoutMs }),
      ...(how.signal && { signal: how.signal }),
    });
    const finished: Finished = { code: null, output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (finished.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (finished.errors += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ ...finished, code });
    });
    // A program that ends before it has read its input is told by its exit code.
    child.stdin.on('error', () => undefined).end(how.input ?? '');
  });
}

/** The path of a program on the PATH, or where uv, pipx and cargo put theirs. */
export function findProgram(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return programFolders()
    .map((folder) => join(folder, file))
    .find(isProgram);
}

/** Whether this file can be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Desktops often leave the folders of uv, pipx and cargo out of the PATH. */
function programFolders(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const home = homedir();
  // A folder without a root would be one of the workspace.
  return [...folders, join(home, '.local', 'bin'), join(home, '.cargo', 'bin')].filter(isAbsolute);
}
