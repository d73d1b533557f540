import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { chooseModel, chooseProvider } from './choices';
import type { ServerControl } from './client';
import { runDoctor } from './doctor';
import { describeError } from './log';
import { showMenu } from './menu';
import type { ReadingPanel } from './panel';
import { findRemedies, showLog, tell } from './remedies';
import { removeApiKey, setApiKey } from './secrets';
import { suggestionsFor, switchLanguage, switchSuggestions } from './settings';
import type { StatusItem } from './status';
import { showReason } from './why';

/** What the commands work with. */
export interface Parts {
  context: vscode.ExtensionContext;
  server: ServerControl;
  status: StatusItem;
  panel: ReadingPanel;
  log: vscode.LogOutputChannel;
}

/** Registers what the user can call, code actions apart; the result undoes it. */
export function registerCommands({ context, server, status, panel, log }: Parts): vscode.Disposable {
  const { secrets, extensionPath } = context;
  const commands: Record<string, () => unknown> = {
    'qwen.showMenu': () => showMenu(status),
    'qwen.showReason': () => showReason(server),
    'qwen.toggleSuggestions': () => switchSuggestions(!suggestionsFor(undefined).all),
    'qwen.toggleLanguage': toggleLanguage,
    'qwen.chooseModel': () => chooseModel(server, extensionPath),
    'qwen.chooseProvider': () => chooseProvider(server, extensionPath),
    'qwen.runDoctor': () => runDoctor(server, panel, extensionPath),
    'qwen.setApiKey': async () => {
      if (await setApiKey(secrets)) {
        await server.restart();
      }
    },
    'qwen.removeApiKey': async () => {
      await removeApiKey(secrets);
      await server.restart();
    },
    'qwen.installServer': () => server.install(),
    'qwen.restartServer': () => server.restart(),
    'qwen.showLog': () => {
      log.show();
    },
    'qwen.openSettings': () =>
      vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${context.extension.id}`),
  };
  const run = async (act: () => unknown): Promise<void> => {
    try {
      await act();
    } catch (error) {
      const reason = describeError(error);
      log.error(reason);
      await tell('error', reason, [...findRemedies(reason), showLog()]);
    }
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, act]) =>
      vscode.commands.registerCommand(name, () => run(act)),
    ),
  );
}

async function toggleLanguage(): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    throw new Error(l10n.t('Open a file of the language first.'));
  }
  await switchLanguage(language, !suggestionsFor(language).language);
}
