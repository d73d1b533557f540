import type * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';

import { readSection } from './settings';

/** Answers the server's questions for settings by what the user has set, and nothing else. */
export function createMiddleware(extension: vscode.Extension<unknown>): Middleware {
  return {
    workspace: {
      configuration: (params) =>
        params.items.map((item) => (item.section === 'qwen' ? readSection(extension) : null)),
    },
  };
}
