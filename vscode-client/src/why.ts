import * as vscode from 'vscode';
import { l10n } from 'vscode';

import type { ServerControl } from './client';
import { command, findRemedies, showLog, tell } from './remedies';

/** The server's `qwen.why`. */
interface Fate {
  outcome: string;
  reason: string | null;
  engine: string | null;
  model: string | null;
  ms: number;
}

/** Tells what became of the last suggestion in the active editor. */
export async function showReason(server: ServerControl): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri.toString();
  const fate = await server.ask<Fate>('qwen.why', { uri });
  if (!fate) {
    const again = command(l10n.t('Try Again'), 'qwen.restartServer');
    await tell('warning', l10n.t('The language server is not running.'), [again, showLog()]);
    return;
  }
  const sentence = describe(fate);
  await tell('information', sentence, [...findRemedies(fate.reason ?? ''), showLog()]);
}

function describe({ outcome, reason, engine, model, ms }: Fate): string {
  const what = nameOutcome(outcome);
  const by = model ?? engine;
  if (!by || outcome !== 'shown') {
    return reason ? `${what}. ${reason}` : what;
  }
  const time = Math.round(ms);
  return reason?.includes(by)
    ? l10n.t('{0} in {1} ms. {2}', what, time, reason)
    : l10n.t('{0} by {1} in {2} ms. {3}', what, by, time, reason ?? '').trim();
}

function nameOutcome(outcome: string): string {
  switch (outcome) {
    case 'shown':
      return l10n.t('Suggestion shown');
    case 'empty':
      return l10n.t('No suggestion');
    case 'off':
      return l10n.t('Suggestions are off');
    case 'superseded':
      return l10n.t('Overtaken by newer text');
    case 'cancelled':
      return l10n.t('Cancelled by the editor');
    case 'failed':
      return l10n.t('The suggestion failed');
    case 'none':
      return l10n.t('Nothing was asked');
    default:
      return outcome;
  }
}
