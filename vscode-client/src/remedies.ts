import * as vscode from 'vscode';
import { l10n } from 'vscode';

/** A button below a message, and what it does. */
export interface Remedy {
  title: string;
  run: () => unknown;
}

export type Severity = 'information' | 'warning' | 'error';

const SHOW = {
  information: vscode.window.showInformationMessage,
  warning: vscode.window.showWarningMessage,
  error: vscode.window.showErrorMessage,
} as const;

/** Tells the user a sentence, with buttons that mend what it is about. */
export async function tell(
  severity: Severity,
  sentence: string,
  remedies: readonly Remedy[] = [],
): Promise<void> {
  const titles = remedies.map((remedy) => remedy.title);
  const answer = await SHOW[severity](`Qwen: ${sentence}`, ...titles);
  await remedies.find((remedy) => remedy.title === answer)?.run();
}

/** A button that runs a command. */
export function command(title: string, name: string, ...words: unknown[]): Remedy {
  return { title, run: () => vscode.commands.executeCommand(name, ...words) };
}

/** A button that opens a setting. */
export function openSetting(key: string): Remedy {
  return command(l10n.t('Open Setting'), 'workbench.action.openSettings', key);
}

/** A button that shows the log. */
export function showLog(): Remedy {
  return command(l10n.t('Show Log'), 'qwen.showLog');
}

/** What mends that of which a sentence of the server speaks: it names settings and commands. */
export function findRemedies(sentence: string): Remedy[] {
  const [setting] = /\bqwen\.(?!toggle\b|why\b)[a-z]\w*(\.\w+)?/.exec(sentence) ?? [];
  const isAboutTrust = /\bnot trusted, so\b/.test(sentence);
  return [
    ...(/\bkeys?\b|_API_KEY\b/.test(sentence) && !isAboutTrust
      ? [command(l10n.t('Set API Key'), 'qwen.setApiKey')]
      : []),
    ...(/\b(no model|No model|local server)\b/.test(sentence)
      ? [command(l10n.t('Choose Provider'), 'qwen.chooseProvider')]
      : []),
    ...(setting ? [openSetting(setting)] : []),
    ...(isAboutTrust ? [command(l10n.t('Manage Trust'), 'workbench.trust.manage')] : []),
    ...(/`qwen-lsp doctor`|does not answer|certificate|proxy/i.test(sentence)
      ? [command(l10n.t('Run Doctor'), 'qwen.runDoctor')]
      : []),
  ];
}
