import * as vscode from 'vscode';

import type { ServerControl } from './client';
import { removeApiKey, setApiKey } from './secrets';
import type { Status, StatusItem } from './status';

/** The server's `qwen.why`. */
interface Fate {
  outcome: string;
  reason: string | null;
  engine: string | null;
  model: string | null;
  ms: number;
}

const OUTCOMES: Record<string, string> = {
  shown: 'Suggestion shown',
  empty: 'No suggestion',
  off: 'Suggestions are off',
  superseded: 'Overtaken by newer text',
  cancelled: 'Cancelled by the editor',
  failed: 'The suggestion failed',
  none: 'Nothing was asked',
};

/** Registers what the user can call; the result undoes it. */
export function registerCommands(
  server: ServerControl,
  status: StatusItem,
  secrets: vscode.SecretStorage,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const toggle = async (scope: 'all' | 'language'): Promise<void> => {
    const document = vscode.window.activeTextEditor?.document;
    const argument = { scope, uri: document?.uri.toString(), language: document?.languageId };
    const answer = await server.ask<Status>('qwen.toggle', argument);
    if (answer) {
      status.showStatus(answer);
    }
  };
  const commands: Record<string, () => unknown> = {
    'qwen.showReason': () => showReason(server, toggle, log),
    'qwen.toggleSuggestions': () => toggle('all'),
    'qwen.toggleLanguage': () => toggle('language'),
    'qwen.setApiKey': async () => {
      if (await setApiKey(secrets)) {
        await server.restart();
      }
    },
    'qwen.removeApiKey': async () => {
      await removeApiKey(secrets);
      await server.restart();
    },
    'qwen.restartServer': () => server.restart(),
    'qwen.showLog': () => {
      log.show();
    },
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  );
}

async function showReason(
  server: ServerControl,
  toggle: (scope: 'all') => Promise<void>,
  log: vscode.LogOutputChannel,
): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri.toString();
  const fate = await server.ask<Fate>('qwen.why', { uri });
  const text = fate ? describe(fate) : 'The language server is not running.';
  const answer = await vscode.window.showInformationMessage(
    `Qwen: ${text}`,
    'Switch Off or On',
    'Show Log',
  );
  if (answer === 'Show Log') {
    log.show();
  } else if (answer) {
    await toggle('all');
  }
}

function describe({ outcome, reason, engine, model, ms }: Fate): string {
  const what = OUTCOMES[outcome] ?? outcome;
  const by = model ?? engine;
  if (!by || outcome !== 'shown') {
    return reason ? `${what}. ${reason}` : what;
  }
  const time = `in ${Math.round(ms)} ms`;
  return reason?.includes(by)
    ? `${what} ${time}. ${reason}`
    : `${what} by ${by} ${time}. ${reason ?? ''}`;
}
