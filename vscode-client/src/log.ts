import * as vscode from 'vscode';

/** A line of the server's own log: time, level, what is told. */
const SERVER_LINE = /^\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/;

/** The channel that the server's log goes to as well. Neither writes code into it. */
export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('Qwen', { log: true });
}

/** The same channel for the language client, which takes all that a server logs for errors. */
export function createServerLog(log: vscode.LogOutputChannel): vscode.LogOutputChannel {
  return new Proxy(log, {
    get: (target, name) => (name === 'error' ? tell : (Reflect.get(target, name) as unknown)),
  });

  function tell(error: string | Error): void {
    for (const line of describeError(error).split(/\r?\n/).filter(Boolean)) {
      const [, level, text] = SERVER_LINE.exec(line) ?? [];
      if (level === 'INFO' && text) {
        log.info(text);
      } else if (level === 'DEBUG' && text) {
        log.debug(text);
      } else if (level === 'WARNING' && text) {
        log.warn(text);
      } else {
        log.error(text ?? line);
      }
    }
  }
}

/** What an error says. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
