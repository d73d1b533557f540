import * as vscode from 'vscode';
import { l10n } from 'vscode';
import {
  type Diagnostic,
  type LanguageClient,
  type Range,
  WorkDoneProgress,
} from 'vscode-languageclient/node';

import type { Changes } from './changes';
import type { ServerControl } from './client';
import type { ReadingPanel } from './panel';
import { describeError } from './log';
import { command, findRemedies, type Remedy, type Severity, tell } from './remedies';

type Kind = 'fix' | 'refactor' | 'doc' | 'test' | 'explain';

/** The one argument of the server's actions. */
interface Argument {
  uri: string;
  range?: Range;
  instruction?: string;
  diagnostics?: Diagnostic[];
}

interface Result {
  status: 'applied' | 'rejected' | 'stale' | 'unchanged' | 'failed' | 'cancelled';
  reason?: string;
  markdown?: string;
  model?: string;
}

const MOST_CHARACTERS = 4_000;
const CANCELLED_SHOWN_MS = 5_000;

/** The server's commands. VS Code knows them by these names as well: ours have others. */
const KINDS: Record<string, Kind> = {
  'qwen.fix': 'fix',
  'qwen.refactor': 'refactor',
  'qwen.doc': 'doc',
  'qwen.test': 'test',
  'qwen.explain': 'explain',
};
/** What menus, keys and the command palette call. */
const EDITOR_COMMANDS: Record<string, Kind> = {
  'qwen.editor.fix': 'fix',
  'qwen.editor.refactor': 'refactor',
  'qwen.editor.document': 'doc',
  'qwen.editor.writeTests': 'test',
  'qwen.editor.explain': 'explain',
};

/** Code actions, from the lightbulb and from the editor's own menu. */
export class Actions {
  constructor(
    private readonly server: ServerControl,
    private readonly panel: ReadingPanel,
    private readonly changes: Changes,
  ) {}

  /** Registers what menus call; the result undoes it. */
  register(): vscode.Disposable {
    return vscode.Disposable.from(
      ...Object.entries(EDITOR_COMMANDS).map(([name, kind]) =>
        vscode.commands.registerTextEditorCommand(name, (editor) => {
          void this.runInEditor(kind, editor);
        }),
      ),
    );
  }

  /** Runs one of the server's commands; undefined where it is no code action. */
  runByName(name: string, argument: unknown): Promise<void> | undefined {
    const kind = KINDS[name];
    const client = this.server.running;
    return kind && client && isArgument(argument) ? this.run(client, kind, argument) : undefined;
  }

  private async runInEditor(kind: Kind, editor: vscode.TextEditor): Promise<void> {
    const client = this.server.running;
    if (!client) {
      const again = command(l10n.t('Try Again'), 'qwen.restartServer');
      await tell('warning', l10n.t('The language server is not running.'), [again]);
      return;
    }
    await this.run(client, kind, await describeSelection(client, kind, editor));
  }

  private async run(client: LanguageClient, kind: Kind, asked: Argument): Promise<void> {
    const argument = await complete(kind, asked);
    if (!argument) {
      return;
    }
    const begun = { client, kind, argument };
    let result: Result;
    try {
      result = await perform(begun);
    } catch (error) {
      result = { status: 'failed', reason: describeError(error) };
    }
    await this.showResult(begun, result);
  }

  private async showResult({ client, kind, argument }: Begun, result: Result): Promise<void> {
    const reason = result.reason ?? '';
    if (result.status === 'cancelled') {
      const text = l10n.t('{0} was cancelled.', titleOf(kind));
      vscode.window.setStatusBarMessage(`Qwen: ${text}`, CANCELLED_SHOWN_MS);
    } else if (result.markdown !== undefined) {
      const by = result.model ? l10n.t('by {0}', result.model) : '';
      this.panel.show(reason || titleOf(kind), by, result.markdown);
    } else {
      if (result.status === 'applied') {
        await this.changes.reveal();
      }
      const again: Remedy = {
        title: l10n.t('Ask Again'),
        run: () => this.run(client, kind, argument),
      };
      const remedies = {
        applied: this.changes.offerToShow(),
        unchanged: [],
        stale: [again],
        rejected: [],
        failed: [...findRemedies(reason), again],
      };
      const severity: Severity = result.status === 'failed' ? 'warning' : 'information';
      await tell(severity, describe(kind, result), remedies[result.status]);
    }
  }
}

interface Begun {
  client: LanguageClient;
  kind: Kind;
  argument: Argument;
}

/** Asks the server, under progress that the user can cancel. */
async function perform({ client, kind, argument }: Begun): Promise<Result> {
  const workDoneToken = `qwen-${kind}-${Date.now()}`;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: titleOf(kind), cancellable: true },
    async (progress, cancelled) => {
      const hearing = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === 'report' && value.message) {
          progress.report({ message: value.message });
        }
      });
      const cancelling = cancelled.onCancellationRequested(() => {
        void client.sendNotification('window/workDoneProgress/cancel', { token: workDoneToken });
      });
      try {
        const params = { command: `qwen.${kind}`, arguments: [argument], workDoneToken };
        return await client.sendRequest<Result>('workspace/executeCommand', params);
      } finally {
        hearing.dispose();
        cancelling.dispose();
      }
    },
  );
}

/** Selection, or cursor, with the diagnostics that touch it; those of the whole line at a cursor. */
async function describeSelection(
  client: LanguageClient,
  kind: Kind,
  { document, selection }: vscode.TextEditor,
): Promise<Argument> {
  const converter = client.code2ProtocolConverter;
  const uri = converter.asUri(document.uri);
  const range = converter.asRange(selection);
  if (kind !== 'fix') {
    return { uri, range };
  }
  const wide = selection.isEmpty ? document.lineAt(selection.active).range : selection;
  const found = vscode.languages
    .getDiagnostics(document.uri)
    .filter((diagnostic) => diagnostic.range.intersection(wide) !== undefined);
  return { uri, range, diagnostics: await converter.asDiagnostics(found) };
}

/** Asks the user for what is still missing; undefined where the user gives up. */
async function complete(kind: Kind, argument: Argument): Promise<Argument | undefined> {
  if (kind === 'refactor' && !argument.instruction) {
    const example = l10n.t('such as: take the loop out into a function of its own');
    const instruction = await askFor(kind, l10n.t('What is to be changed?'), example);
    // Without an instruction there is nothing to be done.
    return instruction ? { ...argument, instruction } : undefined;
  }
  if (kind === 'fix' && !argument.instruction && !argument.diagnostics?.length) {
    const hint = l10n.t('Enter alone: mend the syntax');
    const instruction = await askFor(kind, l10n.t('No diagnostic is here. What is wrong?'), hint);
    return instruction === undefined ? undefined : { ...argument, instruction };
  }
  return argument;
}

async function askFor(kind: Kind, prompt: string, hint: string): Promise<string | undefined> {
  const words = await vscode.window.showInputBox({
    title: titleOf(kind),
    prompt,
    placeHolder: hint,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.length > MOST_CHARACTERS
        ? l10n.t('At most {0} characters, please.', MOST_CHARACTERS)
        : undefined,
  });
  return words?.trim();
}

function titleOf(kind: Kind): string {
  switch (kind) {
    case 'fix':
      return l10n.t('Fix with Qwen');
    case 'refactor':
      return l10n.t('Refactor with Qwen');
    case 'doc':
      return l10n.t('Document with Qwen');
    case 'test':
      return l10n.t('Write Tests with Qwen');
    case 'explain':
      return l10n.t('Explain with Qwen');
  }
}

function describe(kind: Kind, { status, reason, model }: Result): string {
  const title = titleOf(kind);
  switch (status) {
    case 'applied':
      return l10n.t('{0}: done by {1}. {2}', title, model ?? 'Qwen', reason ?? '').trim();
    case 'unchanged':
      return reason ?? l10n.t('{0}: there is nothing to change.', title);
    case 'stale':
      return l10n.t('{0}: the code was edited meanwhile, so nothing was changed.', title);
    case 'rejected':
      return l10n.t('{0}: nothing was changed. {1}', title, reason ?? '').trim();
    default:
      return `${title}: ${reason ?? l10n.t('it failed.')}`;
  }
}

function isArgument(value: unknown): value is Argument {
  return typeof value === 'object' && value !== null && 'uri' in value;
}
