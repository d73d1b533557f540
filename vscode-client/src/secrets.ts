import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { keyOwner } from './settings';

const PREFIX = 'qwen.apiKey ';

/** The key for the endpoint that the settings name. */
export async function readApiKey(secrets: vscode.SecretStorage): Promise<string | undefined> {
  return secrets.get(PREFIX + keyOwner());
}

/** Asks for the key and keeps it; whether the user gave one. */
export async function setApiKey(secrets: vscode.SecretStorage): Promise<boolean> {
  const owner = keyOwner();
  const key = await vscode.window.showInputBox({
    title: l10n.t('API key for {0}', owner),
    prompt: l10n.t('Kept in the secret storage of VS Code and sent to this endpoint only.'),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (/\s/.test(text.trim()) ? l10n.t('A key has no spaces.') : undefined),
  });
  if (!key?.trim()) {
    return false;
  }
  await secrets.store(PREFIX + owner, key.trim());
  return true;
}

/** Forgets the key for the endpoint that the settings name. */
export async function removeApiKey(secrets: vscode.SecretStorage): Promise<void> {
  const owner = keyOwner();
  await secrets.delete(PREFIX + owner);
  void vscode.window.showInformationMessage(l10n.t('The API key for {0} is removed.', owner));
}
