import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

import { findInterpreters, hasServer } from './python';
import { serverPath } from './settings';

export const INSTALL_COMMAND = 'uv tool install qwen-lsp';

/** How to start the language server, and where it was found. */
export interface ServerCommand {
  command: string;
  arguments: string[];
  origin: string;
}

/** There is no server to be started; the message says why and what to do. */
export class ServerMissingError extends Error {}

/**
 * The language server: `qwen.server.path`, the Python environment of a trusted workspace, PATH.
 *
 * @param folder A folder that belongs to the extension, for programs to run in.
 * @throws {ServerMissingError}
 */
export async function findServer(folder: string): Promise<ServerCommand> {
  const path = serverPath().replace(/^~(?=[\\/])/, homedir());
  if (path) {
    if (!existsSync(path)) {
      throw new ServerMissingError(`qwen.server.path names ${path}, which does not exist.`);
    }
    return { command: path, arguments: ['serve', '--stdio'], origin: 'qwen.server.path' };
  }
  const interpreters = vscode.workspace.isTrusted ? await findInterpreters() : [];
  for (const interpreter of interpreters) {
    if (await hasServer(interpreter, folder)) {
      const words = ['-m', 'lsp_server', 'serve', '--stdio'];
      return { command: interpreter, arguments: words, origin: 'the Python environment' };
    }
  }
  const program = programFolders()
    .map((each) => join(each, process.platform === 'win32' ? 'qwen-lsp.exe' : 'qwen-lsp'))
    .find((each) => existsSync(each));
  if (program) {
    return { command: program, arguments: ['serve', '--stdio'], origin: 'the PATH' };
  }
  throw new ServerMissingError(
    `The language server is not installed. Install it with “${INSTALL_COMMAND}” ` +
      '(or “pip install qwen-lsp”) and try again.',
  );
}

/** The PATH, and the folder of uv and pipx, which desktops often leave out of it. */
function programFolders(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  // A folder without a root would be one of the workspace.
  return [...folders, join(homedir(), '.local', 'bin')].filter(isAbsolute);
}
