import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { type ApplyWorkspaceEditParams, CreateFile, TextDocumentEdit } from 'vscode-languageclient/node';

import type { Remedy } from './remedies';

const SCHEME = 'qwen-before';

/** The files of an edit as they were before it, so that it can be looked at afterwards. */
export class Changes implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private readonly before = new Map<string, string>();
  private count = 0;
  private last: vscode.Uri | undefined;

  /** An edit is about to be made. */
  noteEdit({ edit }: ApplyWorkspaceEditParams): void {
    this.before.clear();
    this.last = undefined;
    this.count += 1;
    for (const change of edit.documentChanges ?? []) {
      if (CreateFile.is(change)) {
        this.note(vscode.Uri.parse(change.uri), '');
      } else if (TextDocumentEdit.is(change)) {
        const uri = vscode.Uri.parse(change.textDocument.uri);
        const open = vscode.workspace.textDocuments.find(
          (document) => document.uri.toString() === uri.toString(),
        );
        this.note(uri, open?.getText());
      }
    }
  }

  /** A button that compares the last edit's file with what it was. */
  offerToShow(): Remedy[] {
    const uri = this.last;
    if (!uri) {
      return [];
    }
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const title = l10n.t('{0} (before and after)', name);
    const before = this.beforeOf(uri);
    const show = (): unknown => vscode.commands.executeCommand('vscode.diff', before, uri, title);
    return [{ title: l10n.t('Show Changes'), run: show }];
  }

  /** Shows the last edit's file, where it is another one than the user looks at. */
  async reveal(): Promise<void> {
    const uri = this.last;
    const isSeen = vscode.window.visibleTextEditors.some(
      (editor) => editor.document.uri.toString() === uri?.toString(),
    );
    if (uri && !isSeen) {
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: false };
      await vscode.window.showTextDocument(uri, place);
    }
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.before.get(uri.toString()) ?? '';
  }

  dispose(): void {
    this.registration.dispose();
  }

  private note(uri: vscode.Uri, text: string | undefined): void {
    const key = this.beforeOf(uri).toString();
    if (text !== undefined && !this.before.has(key)) {
      this.before.set(key, text);
      this.last = uri;
    }
  }

  /** Another one for each edit: VS Code keeps what it has read. */
  private beforeOf(uri: vscode.Uri): vscode.Uri {
    return vscode.Uri.from({ scheme: SCHEME, path: uri.path, query: String(this.count) });
  }
}
