import * as vscode from 'vscode';

/** The server's `qwen/status`. */
export interface Status {
  state: 'ready' | 'busy' | 'degraded' | 'off';
  engine: string;
  model: string | null;
  origin: string | null;
  tokensToday: number;
  costToday: number;
  message?: string;
}

const ICONS: Record<Status['state'], string> = {
  ready: '$(sparkle)',
  busy: '$(loading~spin)',
  degraded: '$(warning)',
  off: '$(circle-slash)',
};

/** The item at the bottom: who answers; a click tells what became of the last suggestion. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'qwen.status',
    vscode.StatusBarAlignment.Right,
    100,
  );

  constructor() {
    this.item.name = 'Qwen';
    this.showStarting();
    this.item.show();
  }

  showStarting(): void {
    this.show('$(loading~spin) Qwen', 'The language server is starting.', 'qwen.showLog');
  }

  /** The server is not there; a click tries again. */
  showStopped(reason: string): void {
    this.show('$(error) Qwen', `${reason}\n\nClick to try again.`, 'qwen.restartServer');
  }

  showStatus(status: Status): void {
    const name = status.model ?? (status.engine === 'embedded' ? 'built-in' : status.engine);
    const lines = [
      `Engine: ${status.engine}`,
      `Model: ${status.model ?? 'none'}`,
      `Sent to: ${status.origin ?? 'nobody'}`,
      `Today: ${status.tokensToday.toLocaleString()} tokens`,
    ];
    if (status.message) {
      lines.unshift(status.message, '');
    }
    this.show(`${ICONS[status.state]} Qwen: ${name}`, lines.join('\n'), 'qwen.showReason');
  }

  dispose(): void {
    this.item.dispose();
  }

  private show(text: string, tooltip: string, command: string): void {
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.command = command;
  }
}
