import * as vscode from 'vscode';

import { ServerControl } from './client';
import { registerCommands } from './commands';
import { createLog } from './log';
import { needsRestart } from './settings';
import { StatusItem } from './status';

let server: ServerControl | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = createLog();
  const status = new StatusItem();
  const control = new ServerControl(context, log, status);
  server = control;
  context.subscriptions.push(
    log,
    status,
    registerCommands(control, status, context.secrets, log),
    vscode.workspace.onDidGrantWorkspaceTrust(() => control.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (needsRestart(event)) {
        void control.restart();
      }
    }),
  );
  // Not awaited: the editor is not kept waiting while a server is looked for.
  void control.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
