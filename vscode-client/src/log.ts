import * as vscode from 'vscode';

/** The channel that the server's log goes to as well. Neither writes code into it. */
export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('Qwen', { log: true });
}

/** What an error says, in one line. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
