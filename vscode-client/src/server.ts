import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { findWheel, type OwnEnvironment, SetupError, unpackWheel } from './environment';
import { describeError } from './log';
import { findProgram, isProgram } from './programs';
import { findInterpreters, hasServer } from './python';
import { command, openSetting, type Remedy, showLog } from './remedies';
import { serverPath } from './settings';

const PYTHON_PAGE = 'https://www.python.org/downloads/';

/** How to run qwen-lsp, before the words of its command line; and where it was found. */
export interface ServerCommand {
  program: string;
  words: string[];
  origin: string;
}

/** There is no server to be started; the message says why, the remedies what to do. */
export class ServerMissingError extends Error {
  constructor(
    message: string,
    readonly remedies: readonly Remedy[],
  ) {
    super(message);
  }
}

/**
 * The language server: `qwen.server.path`; the extension's own environment, which is made where
 * there is uv; the Python environment of a trusted workspace; the PATH.
 *
 * @throws {ServerMissingError}
 */
export async function findServer(
  context: vscode.ExtensionContext,
  own: OwnEnvironment,
  log: vscode.LogOutputChannel,
): Promise<ServerCommand> {
  const path = serverPath().replace(/^~(?=[\\/])/, homedir());
  if (path) {
    if (!isProgram(path)) {
      throw new ServerMissingError(
        l10n.t('qwen.server.path names {0}, which is no program on this machine.', path),
        [openSetting('qwen.server.path')],
      );
    }
    return { program: path, words: [], origin: 'qwen.server.path' };
  }
  let reason = l10n.t('The language server is not installed.');
  try {
    const interpreter = (await own.find()) ?? (mayInstall() ? await own.make() : undefined);
    if (interpreter) {
      return inInterpreter(interpreter, "the extension's own environment");
    }
  } catch (error) {
    reason = describeError(error);
    log.warn(reason);
  }
  for (const interpreter of await findInterpreters()) {
    if (await hasServer(interpreter, context.extensionPath)) {
      return inInterpreter(interpreter, "the workspace's Python environment");
    }
  }
  const program = findProgram('qwen-lsp');
  if (program) {
    return { program, words: [], origin: 'the PATH' };
  }
  throw new ServerMissingError(reason, await findInstallRemedies(context));
}

/** What to do after the setup that the user asked for has failed. */
export async function findSetupRemedies(
  error: unknown,
  context: vscode.ExtensionContext,
): Promise<readonly Remedy[]> {
  if (!(error instanceof SetupError) || !error.needsPython) {
    return findInstallRemedies(context);
  }
  const open = (): unknown => vscode.env.openExternal(vscode.Uri.parse(PYTHON_PAGE));
  return [
    { title: l10n.t('Get Python'), run: open },
    command(l10n.t('Try Again'), 'qwen.installServer'),
    openSetting('qwen.server.path'),
  ];
}

/** Nothing is fetched for a workspace that nobody trusts, unless the user says so. */
function mayInstall(): boolean {
  return vscode.workspace.isTrusted && findProgram('uv') !== undefined;
}

function inInterpreter(interpreter: string, origin: string): ServerCommand {
  return { program: interpreter, words: ['-m', 'lsp_server'], origin };
}

async function findInstallRemedies(context: vscode.ExtensionContext): Promise<readonly Remedy[]> {
  const remedies = [command(l10n.t('Install'), 'qwen.installServer'), showLog()];
  try {
    const packed = await findWheel(context.extensionPath);
    remedies.push({
      title: l10n.t('Copy Command'),
      run: async () => {
        const words = `pip install "${await unpackWheel(packed, context.globalStorageUri.fsPath)}"`;
        await vscode.env.clipboard.writeText(words);
        await vscode.window.showInformationMessage(
          l10n.t('Run “{0}” in a terminal, then run the command “Qwen: Restart Language Server”.', words),
        );
      },
    });
  } catch (error) {
    if (!(error instanceof SetupError)) {
      throw error;
    }
  }
  return remedies;
}
