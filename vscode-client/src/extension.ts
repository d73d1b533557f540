import * as vscode from 'vscode';

import { Actions } from './actions';
import { Changes } from './changes';
import { ServerControl } from './client';
import { registerCommands } from './commands';
import { createLog } from './log';
import { ReadingPanel } from './panel';
import { needsRestart } from './settings';
import { StatusItem } from './status';

let server: ServerControl | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = createLog();
  const status = new StatusItem();
  const panel = new ReadingPanel(vscode.Uri.joinPath(context.extensionUri, 'icon.png'));
  const changes = new Changes();
  const control: ServerControl = new ServerControl(context, log, status, {
    runAction: (command, argument) => actions.runByName(command, argument),
    noteEdit: (params) => {
      changes.noteEdit(params);
    },
  });
  const actions: Actions = new Actions(control, panel, changes);
  server = control;
  context.subscriptions.push(
    log,
    status,
    panel,
    changes,
    actions.register(),
    registerCommands({ context, server: control, status, panel, log }),
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
