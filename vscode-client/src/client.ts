import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  TransportKind,
} from 'vscode-languageclient/node';

import { createServerLog, describeError } from './log';
import { createMiddleware } from './middleware';
import { readApiKey } from './secrets';
import { findServer, INSTALL_COMMAND, ServerMissingError } from './server';
import { readSection } from './settings';
import type { Status, StatusItem } from './status';

const MOST_CRASHES = 3;
const CRASHES_WITHIN_MS = 180_000;

const TRY_AGAIN = 'Try Again';
const COPY = 'Copy Command';
const SHOW_LOG = 'Show Log';
const SETTINGS = 'Settings';

/** The one language client of the window: starts, stops and is asked. */
export class ServerControl implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private crashes: number[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
  ) {}

  /** Ends the server if there is one, and starts it anew; one at a time, in the order of calls. */
  restart(): Promise<void> {
    this.queue = this.queue.then(async () => {
      await this.stop();
      try {
        await this.start();
      } catch (error) {
        this.tell(describeError(error), error instanceof ServerMissingError);
      }
    });
    return this.queue;
  }

  /** The server's answer to one of its commands; undefined where there is no server. */
  async ask<Answer>(command: string, argument: object): Promise<Answer | undefined> {
    if (this.client?.state !== State.Running) {
      return undefined;
    }
    const params = { command, arguments: [argument] };
    return this.client.sendRequest<Answer>('workspace/executeCommand', params);
  }

  /** To be awaited when the window closes. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      // A server that has crashed cannot be asked to end.
      this.log.warn(`the server did not end in order: ${describeError(error)}`);
    }
  }

  dispose(): void {
    void this.stop();
  }

  private async start(): Promise<void> {
    this.status.showStarting();
    const folder = this.context.extensionPath;
    const server = await findServer(folder);
    this.log.info(`starting ${server.command} (from ${server.origin})`);
    const { extension } = this.context;
    const apiKey = await readApiKey(this.context.secrets);
    const client = new LanguageClient(
      'qwen',
      'Qwen',
      {
        command: server.command,
        args: server.arguments,
        transport: TransportKind.stdio,
        options: { cwd: folder },
      },
      {
        documentSelector: ['file', 'untitled', 'vscode-notebook-cell'].map((scheme) => ({ scheme })),
        // Read when the server starts, also when it does so again after a crash.
        initializationOptions: () => ({ ...readSection(extension), ...(apiKey && { apiKey }) }),
        middleware: createMiddleware(extension),
        outputChannel: createServerLog(this.log),
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue }),
          closed: () => this.decideOnCrash(),
        },
      },
    );
    client.onNotification('qwen/status', (status: Status) => {
      this.status.showStatus(status);
    });
    this.client = client;
    await client.start();
  }

  private decideOnCrash(): { action: CloseAction; handled: boolean } {
    const now = Date.now();
    this.crashes = [...this.crashes.filter((then) => now - then < CRASHES_WITHIN_MS), now];
    if (this.crashes.length < MOST_CRASHES) {
      this.log.warn('the server has ended and is started again');
      this.status.showStarting();
      return { action: CloseAction.Restart, handled: true };
    }
    this.crashes = [];
    this.tell(`The language server ended ${MOST_CRASHES} times and is not started again.`);
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private tell(reason: string, isMissing = false): void {
    this.log.error(reason);
    this.status.showStopped(reason);
    void this.offer(reason, isMissing ? [COPY, SETTINGS] : [SHOW_LOG]);
  }

  private async offer(reason: string, choices: string[]): Promise<void> {
    const answer = await vscode.window.showErrorMessage(`Qwen: ${reason}`, TRY_AGAIN, ...choices);
    if (answer === TRY_AGAIN) {
      await this.restart();
    } else if (answer === COPY) {
      await vscode.env.clipboard.writeText(INSTALL_COMMAND);
      // The command is run in a terminal; the way back to us must still be there afterwards.
      await this.offer(reason, [SETTINGS]);
    } else if (answer === SHOW_LOG) {
      this.log.show();
    } else if (answer === SETTINGS) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'qwen.server.path');
    }
  }
}
