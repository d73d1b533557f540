import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { type Finished, findProgram, isProgram, runProgram } from './programs';
import { findPython, interpreterIn, isNewEnough, OLDEST } from './python';

const PREFIX = 'server-';
/** This one and the one before it, which another window may still be using. */
const MOST_KEPT = 2;
/** What uv and pip say where they reach no package index. */
const NO_NETWORK =
  /failed to (fetch|download)|error sending request|dns error|connection|network|timed out|offline|certificate|from versions: none/i;

/** An environment could not be made; the message says why and what to do. */
export class SetupError extends Error {
  /** @param needsPython Whether a Python has to be installed first. */
  constructor(
    message: string,
    readonly needsPython = false,
  ) {
    super(message);
  }
}

/**
 * The environment that belongs to this extension, in VS Code's storage for it. What goes into it is
 * the server that this extension carries; only the libraries it uses are fetched.
 */
export class OwnEnvironment {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The interpreter with the server, once it has been made. */
  async find(): Promise<string | undefined> {
    const interpreter = interpreterIn(await this.place());
    return isProgram(interpreter) ? interpreter : undefined;
  }

  /** Removes it, so that it can be made anew; no server may be running from it. */
  async remove(): Promise<void> {
    await rm(await this.place(), { recursive: true, force: true });
  }

  /**
   * Makes it, by uv or else by Python itself, under progress that can be cancelled.
   *
   * @returns The interpreter.
   * @throws {SetupError}
   */
  async make(): Promise<string> {
    const title = l10n.t('Qwen: setting up the language server');
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => {
        stop.abort();
      });
      return this.install(progress, stop.signal);
    });
  }

  private async install(
    progress: vscode.Progress<{ message: string }>,
    signal: AbortSignal,
  ): Promise<string> {
    const target = await this.place();
    // Filled elsewhere and renamed, so that it is whole or absent.
    const unfinished = `${target}.${process.pid}.unfinished`;
    const unpacked = `${target}.${process.pid}.wheel`;
    const run = (program: string, words: string[]): Promise<void> =>
      this.run(program, words, signal);
    try {
      await mkdir(this.folder, { recursive: true });
      progress.report({ message: l10n.t('making a Python environment') });
      const uv = findProgram('uv');
      const wheel = await unpackWheel(await this.wheel(), unpacked);
      const interpreter = interpreterIn(unfinished);
      if (uv) {
        await run(uv, ['venv', '--quiet', '--python', `>=${OLDEST.join('.')}`, unfinished]);
      } else {
        await run(await this.python(), ['-m', 'venv', unfinished]);
      }
      progress.report({ message: l10n.t('fetching the libraries it uses') });
      const wheelsAlone = ['--only-binary', ':all:'];
      if (uv) {
        const where = ['--python', interpreter];
        await run(uv, ['pip', 'install', '--quiet', ...where, ...wheelsAlone, wheel]);
      } else {
        const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
        await run(interpreter, ['-m', 'pip', 'install', ...quiet, ...wheelsAlone, wheel]);
      }
      await this.put(unfinished, target);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
      await rm(unpacked, { recursive: true, force: true });
    }
    await this.removeOld();
    return interpreterIn(target);
  }

  private async put(unfinished: string, target: string): Promise<void> {
    try {
      await rename(unfinished, target);
    } catch (error) {
      // Another window may have been quicker, and runs from there by now.
      if (!(await this.find())) {
        throw error;
      }
    }
  }

  private async run(program: string, words: string[], signal: AbortSignal): Promise<void> {
    this.log.info(`setup: ${program} ${words.slice(0, 3).join(' ')} …`);
    let finished: Finished;
    try {
      finished = await runProgram(program, words, { folder: this.context.extensionPath, signal });
    } catch (error) {
      throw new SetupError(
        signal.aborted
          ? l10n.t('The setup of the language server was cancelled.')
          : l10n.t('{0} cannot be run ({1}).', program, String(error)),
      );
    }
    if (finished.code !== 0) {
      const output = `${finished.errors}\n${finished.output}`.trim();
      this.log.error(output);
      throw new SetupError(explain(output));
    }
  }

  private async python(): Promise<string> {
    const python = await findPython(this.context.extensionPath);
    const wanted = OLDEST.join('.');
    if (!python) {
      throw new SetupError(
        l10n.t('The language server needs Python {0} or later, and there is none here.', wanted),
        true,
      );
    }
    if (!isNewEnough(python)) {
      const found = python.version.join('.');
      throw new SetupError(
        l10n.t('The language server needs Python {0} or later; {1} is {2}.', wanted, python.path, found),
        true,
      );
    }
    return python.path;
  }

  private get folder(): string {
    return this.context.globalStorageUri.fsPath;
  }

  /** Another server, another folder: one in use is never changed. */
  private async place(): Promise<string> {
    const content = await readFile(await this.wheel());
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
    return join(this.folder, `${PREFIX}${digest}`);
  }

  private wheel(): Promise<string> {
    return findWheel(this.context.extensionPath);
  }

  private async removeOld(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(PREFIX));
    const folders = await Promise.all(
      names.map(async (name) => {
        const path = join(this.folder, name);
        return { path, made: (await stat(path)).mtimeMs };
      }),
    );
    const old = folders.sort((one, other) => other.made - one.made).slice(MOST_KEPT);
    await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
  }
}

/** The server that the extension carries: a wheel under Brotli. */
export async function findWheel(extension: string): Promise<string> {
  const folder = join(extension, 'dist');
  const name = (await readdir(folder)).find((each) => each.endsWith('.whl.br'));
  if (!name) {
    throw new SetupError(l10n.t('This package of the extension carries no language server.'));
  }
  return join(folder, name);
}

/** The wheel as pip and uv take it, in a folder that is made where it is missing. */
export async function unpackWheel(packed: string, folder: string): Promise<string> {
  const wheel = join(folder, basename(packed, '.br'));
  await mkdir(folder, { recursive: true });
  await writeFile(wheel, await promisify(brotliDecompress)(await readFile(packed)));
  return wheel;
}

function explain(output: string): string {
  if (NO_NETWORK.test(output)) {
    return l10n.t(
      'The libraries of the language server cannot be fetched. Check the network, or set HTTPS_PROXY.',
    );
  }
  const line = output.split('\n').findLast((each) => each.trim())?.trim() ?? '';
  return l10n.t('The language server cannot be set up: {0}', line);
}
