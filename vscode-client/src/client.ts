import * as vscode from 'vscode';
import { l10n } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  MessageType,
  type ShowMessageParams,
  State,
  type StaticFeature,
  TransportKind,
} from 'vscode-languageclient/node';

import { OwnEnvironment } from './environment';
import { createServerLog, describeError } from './log';
import { createMiddleware, type Hooks } from './middleware';
import { command, findRemedies, type Remedy, type Severity, showLog, tell } from './remedies';
import { readApiKey } from './secrets';
import {
  findServer,
  findSetupRemedies,
  type ServerCommand,
  ServerMissingError,
} from './server';
import { readSection } from './settings';
import type { Status, StatusItem } from './status';

const MOST_CRASHES = 3;
const CRASHES_WITHIN_MS = 180_000;

const SEVERITIES: Partial<Record<MessageType, Severity>> = {
  [MessageType.Error]: 'error',
  [MessageType.Warning]: 'warning',
};

/** By this the server knows that explanations are shown here, and opens no file for them. */
const OWN_CLIENT: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...(capabilities.experimental as object), qwen: {} };
  },
  initialize: () => undefined,
  getState: () => ({ kind: 'static' }),
  clear: () => undefined,
};

/** Each fault is told once and by us, with what to do about it; the library writes to the log. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The one language client of the window: starts, stops and is asked. */
export class ServerControl implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private found: ServerCommand | undefined;
  private queue: Promise<void> = Promise.resolve();
  private isRestartDue = false;
  private crashes: number[] = [];
  private readonly environment: OwnEnvironment;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
    private readonly hooks: Hooks,
  ) {
    this.environment = new OwnEnvironment(context, log);
  }

  /** Ends the server if there is one, and starts it anew; several calls at once are one. */
  restart(): Promise<void> {
    if (!this.isRestartDue) {
      this.isRestartDue = true;
      this.queue = this.queue.then(async () => {
        this.isRestartDue = false;
        await this.stop();
        await this.start().catch((error: unknown) => {
          this.giveUp(error);
        });
      });
    }
    return this.queue;
  }

  /** Makes the extension's own environment, as the user asked for, and starts from it. */
  async install(): Promise<void> {
    const made = this.queue.then(async () => {
      await this.stop();
      this.status.showStarting();
      await this.environment.remove();
      await this.environment.make();
    });
    this.queue = made.catch(() => undefined);
    try {
      await made;
    } catch (error) {
      this.status.showStopped(describeError(error));
      await tell('error', describeError(error), await findSetupRemedies(error, this.context));
      return;
    }
    await this.restart();
  }

  /** The running client, undefined where there is none. */
  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** How to run qwen-lsp, once it has been found. */
  get program(): ServerCommand | undefined {
    return this.found;
  }

  /** All settings and the key, for another program of qwen-lsp. */
  async readOptions(): Promise<object> {
    const apiKey = await readApiKey(this.context.secrets);
    return { ...readSection(this.context.extension), ...(apiKey && { apiKey }) };
  }

  /** The server's answer to one of its commands; undefined where there is no server. */
  async ask<Answer>(name: string, argument: object): Promise<Answer | undefined> {
    const params = { command: name, arguments: [argument] };
    return this.running?.sendRequest<Answer>('workspace/executeCommand', params);
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
    const server = await findServer(this.context, this.environment, this.log);
    this.found = server;
    this.log.info(`starting ${server.program} (from ${server.origin})`);
    const apiKey = await readApiKey(this.context.secrets);
    let hasStarted = false;
    const client = new QuietClient(
      'qwen',
      'Qwen',
      {
        command: server.program,
        args: [...server.words, 'serve', '--stdio'],
        transport: TransportKind.stdio,
        options: { cwd: this.context.extensionPath },
      },
      {
        documentSelector: ['file', 'untitled', 'vscode-notebook-cell'].map((scheme) => ({ scheme })),
        // All else the server asks for: what came twice it would complain of twice.
        initializationOptions: { ...(apiKey && { apiKey }) },
        middleware: createMiddleware(this.context.extension, this.hooks),
        outputChannel: createServerLog(this.log),
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () =>
            hasStarted
              ? this.decideOnCrash()
              : { action: CloseAction.DoNotRestart, handled: true },
        },
      },
    );
    client.registerFeature(OWN_CLIENT);
    client.onNotification('qwen/status', (status: Status) => {
      this.status.showStatus(status);
    });
    client.onNotification('window/showMessage', ({ type, message }: ShowMessageParams) => {
      void tell(SEVERITIES[type] ?? 'information', message, findRemedies(message));
    });
    this.client = client;
    try {
      await client.start();
      hasStarted = true;
    } catch (error) {
      this.log.error(describeError(error));
      const reason = l10n.t('The language server {0} does not start.', server.program);
      throw new Error(reason, { cause: error });
    }
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
    const reason = l10n.t(
      'The language server ended {0} times and is not started again.',
      MOST_CRASHES,
    );
    this.giveUp(new Error(reason));
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private giveUp(error: unknown): void {
    const reason = describeError(error);
    this.log.error(reason);
    this.status.showStopped(reason);
    const again = command(l10n.t('Try Again'), 'qwen.restartServer');
    const remedies: readonly Remedy[] =
      error instanceof ServerMissingError ? [...error.remedies, again] : [showLog(), again];
    // Not awaited by the queue: the message stays until it is answered.
    void tell('error', reason, remedies);
  }
}
