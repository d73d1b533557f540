import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { suggestionsFor } from './settings';
import { describeStatus, nameEngine, type StatusItem } from './status';

type Entry = vscode.QuickPickItem & { command?: string };

/** What a click on the status bar opens. */
export async function showMenu(status: StatusItem): Promise<void> {
  const now = status.status;
  const chosen = await vscode.window.showQuickPick(now ? runningEntries() : stoppedEntries(), {
    title: now ? `Qwen: ${nameEngine(now)}` : 'Qwen',
    placeHolder: now
      ? describeStatus(now).filter(Boolean).slice(-4).join(' · ')
      : l10n.t('The language server is not running.'),
  });
  if (chosen?.command) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

function runningEntries(): Entry[] {
  return [
    ...toggles(),
    separate(l10n.t('who answers')),
    { label: l10n.t('$(symbol-misc) Choose Model…'), command: 'qwen.chooseModel' },
    { label: l10n.t('$(server-environment) Choose Provider…'), command: 'qwen.chooseProvider' },
    { label: l10n.t('$(key) Set API Key…'), command: 'qwen.setApiKey' },
    separate(l10n.t('when something is amiss')),
    { label: l10n.t('$(question) Why No Suggestion?'), command: 'qwen.showReason' },
    { label: l10n.t('$(pulse) Run Doctor'), command: 'qwen.runDoctor' },
    ...always(),
  ];
}

function stoppedEntries(): Entry[] {
  return [{ label: l10n.t('$(cloud-download) Install Language Server'), command: 'qwen.installServer' }, ...always()];
}

function toggles(): Entry[] {
  const language = vscode.window.activeTextEditor?.document.languageId;
  const on = suggestionsFor(language);
  const all: Entry = {
    label: on.all ? l10n.t('$(circle-slash) Switch Suggestions Off') : l10n.t('$(sparkle) Switch Suggestions On'),
    command: 'qwen.toggleSuggestions',
  };
  if (!on.all || language === undefined) {
    return [all];
  }
  const label = on.language
    ? l10n.t('$(circle-slash) Switch Suggestions Off for {0}', language)
    : l10n.t('$(sparkle) Switch Suggestions On for {0}', language);
  return [all, { label, command: 'qwen.toggleLanguage' }];
}

function always(): Entry[] {
  return [
    { label: l10n.t('$(output) Show Log'), command: 'qwen.showLog' },
    { label: l10n.t('$(debug-restart) Restart Language Server'), command: 'qwen.restartServer' },
    { label: l10n.t('$(gear) Settings'), command: 'qwen.openSettings' },
  ];
}

function separate(label: string): Entry {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
