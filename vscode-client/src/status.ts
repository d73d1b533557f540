import * as vscode from 'vscode';
import { l10n } from 'vscode';

import { concernsSuggestions, suggestionsFor } from './settings';

/** The server's `qwen/status`. */
export interface Status {
  state: 'ready' | 'busy' | 'degraded' | 'off';
  engine: string;
  model: string | null;
  origin: string | null;
  tokensToday: number;
  costToday: number;
  currency?: string | null;
  message?: string;
}

const ICONS: Record<Status['state'], string> = {
  ready: '$(sparkle)',
  busy: '$(loading~spin)',
  degraded: '$(warning)',
  off: '$(circle-slash)',
};

/** The item at the bottom: who answers, and what it has cost today; a click opens the menu. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'qwen.status',
    vscode.StatusBarAlignment.Right,
    100,
  );
  private readonly listening: vscode.Disposable;
  private last: Status | undefined;

  constructor() {
    this.item.name = 'Qwen';
    this.item.command = 'qwen.showMenu';
    this.showStarting();
    this.item.show();
    this.listening = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (concernsSuggestions(event)) {
          this.refresh();
        }
      }),
    );
  }

  /** What the server told last; undefined while there is none. */
  get status(): Status | undefined {
    return this.last;
  }

  showStarting(): void {
    this.last = undefined;
    this.show('$(loading~spin) Qwen', l10n.t('The language server is starting.'));
  }

  /** The server is not there. */
  showStopped(reason: string): void {
    this.last = undefined;
    this.show('$(error) Qwen', reason);
  }

  showStatus(status: Status): void {
    this.last = status;
    this.refresh();
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private refresh(): void {
    const status = this.last;
    if (!status) {
      return;
    }
    const language = vscode.window.activeTextEditor?.document.languageId;
    const state = suggestionsFor(language).language ? status.state : 'off';
    const cost = describeCost(status);
    this.show(
      `${ICONS[state]} Qwen: ${nameEngine(status)}${cost ? ` · ${cost}` : ''}`,
      describeStatus(status).join('\n'),
    );
  }

  private show(text: string, tooltip: string): void {
    this.item.text = text;
    this.item.tooltip = tooltip;
  }
}

/** The model, or the engine without one. */
export function nameEngine({ model, engine }: Status): string {
  return model ?? (engine === 'embedded' ? l10n.t('built-in') : engine);
}

/** A line each: what is the matter, engine, model, where text goes, tokens and money of today. */
export function describeStatus(status: Status): string[] {
  const cost = describeCost(status);
  const tokens = l10n.t('{0} tokens', status.tokensToday.toLocaleString());
  return [
    ...(status.message ? [status.message, ''] : []),
    l10n.t('Engine: {0}', status.engine),
    l10n.t('Model: {0}', status.model ?? l10n.t('none')),
    l10n.t('Sent to: {0}', status.origin ?? l10n.t('nobody')),
    l10n.t('Today: {0}', cost ? `${tokens}, ${cost}` : tokens),
  ];
}

function describeCost({ costToday, currency }: Status): string {
  if (!costToday || !currency) {
    return '';
  }
  const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const;
  // Of a small sum the first digit that is not nothing counts.
  const digits = costToday < 0.01 ? { maximumSignificantDigits: 1 } : {};
  return new Intl.NumberFormat(vscode.env.language, { ...style, ...digits }).format(costToday);
}
