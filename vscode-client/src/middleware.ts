import type * as vscode from 'vscode';
import {
  type ApplyWorkspaceEditParams,
  type ApplyWorkspaceEditRequest,
  CancellationToken,
  type Middleware,
} from 'vscode-languageclient/node';

import { previewsEdits, readSection } from './settings';

/** What the rest of the extension does in the course of the language client's work. */
export interface Hooks {
  /** The user has chosen one of the server's actions from the lightbulb; undefined: none of ours. */
  runAction: (command: string, argument: unknown) => Promise<void> | undefined;
  /** An edit is about to be made. */
  noteEdit: (params: ApplyWorkspaceEditParams) => void;
}

/** What comes and goes between VS Code and the server, where it is not to go its usual way. */
export function createMiddleware(extension: vscode.Extension<unknown>, hooks: Hooks): Middleware {
  return {
    // The server's commands are VS Code's as well: run from there they get progress and a result.
    executeCommand: (command, words, next) =>
      hooks.runAction(command, words[0]) ?? (next(command, words) as unknown),
    workspace: {
      // Nothing but what the user has set.
      configuration: (params) =>
        params.items.map((item) => (item.section === 'qwen' ? readSection(extension) : null)),
      handleApplyEdit: (params, next) => applyEdit(params, next, hooks),
    },
  };
}

/** The server asks for each edit to be confirmed; whether that is wanted is a setting. */
function applyEdit(
  params: ApplyWorkspaceEditParams,
  next: ApplyWorkspaceEditRequest.HandlerSignature,
  hooks: Hooks,
): ReturnType<typeof next> {
  hooks.noteEdit(params);
  if (!previewsEdits()) {
    for (const annotation of Object.values(params.edit.changeAnnotations ?? {})) {
      annotation.needsConfirmation = false;
    }
  }
  return next(params, CancellationToken.None);
}
