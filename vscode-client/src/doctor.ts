import * as vscode from 'vscode';
import { l10n } from 'vscode';

import type { ServerControl } from './client';
import type { ReadingPanel } from './panel';
import { findRemedies, tell } from './remedies';
import { type Diagnosis, examine } from './tools';

/** Shows what will be used and why beside the editor, and offers to mend what is broken. */
export async function runDoctor(
  server: ServerControl,
  panel: ReadingPanel,
  extension: string,
): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const file = document?.uri.scheme === 'file' && !document.isUntitled ? document.fileName : undefined;
  const found = await examine(server, extension, file);
  const by = `qwen-lsp ${found.version}, Python ${found.python}`;
  panel.show(l10n.t('Qwen Doctor'), by, describe(found));
  const [problem] = found.problems;
  if (problem) {
    await tell('warning', problem, findRemedies(problem));
  }
}

function describe(found: Diagnosis): string {
  const rows = listFindings(found).map(([topic, finding]) => `| ${topic} | ${cell(finding)} |`);
  const table = [`| ${l10n.t('What')} | ${l10n.t('Finding')} |`, '| --- | --- |', ...rows];
  return [
    found.problems.length ? list(l10n.t('What is broken'), found.problems) : l10n.t('Nothing is broken.'),
    table.join('\n'),
    list(l10n.t('What could be better'), found.advice),
  ].join('\n\n');
}

function listFindings(found: Diagnosis): [string, string][] {
  const { engine, key, completion: trial, embedded, file } = found;
  const findings: [string, string][] = [[l10n.t('Engine'), `${engine.provider}: ${engine.reason}`]];
  if (engine.baseUrl) {
    findings.push([l10n.t('Endpoint'), engine.baseUrl]);
    findings.push([
      l10n.t('Key'),
      key ? l10n.t('{0}, from {1}', key.hint, key.source) : l10n.t('none'),
    ]);
    findings.push([
      l10n.t('Proxy'),
      `${found.proxy.url ?? l10n.t('none')} (${found.proxy.reason})`,
    ]);
  }
  if (trial) {
    const first = trial.firstTokenMs === null ? '' : ` ${Math.round(trial.firstTokenMs)} ms /`;
    const times = `${first} ${Math.round(trial.totalMs)} ms`;
    findings.push([l10n.t('Trial'), `${trial.model}, ${trial.form},${times}`]);
  }
  for (const [name, { chain }] of Object.entries(found.lanes)) {
    if (engine.baseUrl && chain.length) {
      findings.push([l10n.t('Models ({0})', name), chain.join(' → ')]);
    }
  }
  for (const { reason } of found.local) {
    findings.push([l10n.t('On this machine'), reason]);
  }
  if (file) {
    const read = l10n.t('{0} files read, {1} tokens', embedded.files, embedded.tokens);
    findings.push([l10n.t('Built-in engine'), read]);
    const sent = file.maySend ? l10n.t('may be sent to a model') : `${l10n.t('stays here')}: ${file.reason}`;
    findings.push([l10n.t('This file'), `${file.language}, ${sent}`]);
  }
  findings.push([
    l10n.t('Settings file'),
    found.config.exists ? found.config.path : `${found.config.path} (${l10n.t('not there')})`,
  ]);
  return findings;
}

function list(title: string, sentences: readonly string[]): string {
  const lines = sentences.map((sentence) => `- ${sentence}`);
  return lines.length ? [`## ${title}`, '', ...lines].join('\n') : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
