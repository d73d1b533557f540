import * as vscode from 'vscode';
import { l10n } from 'vscode';

import type { ServerControl } from './client';
import { runProgram } from './programs';

const PATIENCE_MS = 90_000;

/** What of `qwen-lsp doctor --json` is used here. */
export interface Diagnosis {
  version: string;
  python: string;
  engine: { provider: string; baseUrl: string | null; origin: string | null; reason: string };
  key: { source: string; hint: string } | null;
  proxy: { url: string | null; reason: string };
  lanes: Record<string, { chain: string[]; served: string[] | null }>;
  completion: {
    model: string;
    form: string;
    firstTokenMs: number | null;
    totalMs: number;
  } | null;
  embedded: { files: number; tokens: number; whole: boolean };
  config: { path: string; exists: boolean };
  file: { path: string; language: string; maySend: boolean; reason: string } | null;
  served: string[] | null;
  local: { provider: string; baseUrl: string; reason: string }[];
  problems: string[];
  advice: string[];
}

/** What of `qwen-lsp models --json` is used here. */
export interface Catalogue {
  models: CatalogueModel[];
}

export interface CatalogueModel {
  id: string;
  lanes: string[];
  context: number | null;
  currency: string | null;
  prices: { upTo: number | null; input: number; output: number }[];
  hosted: boolean;
  retired: boolean;
}

/** What qwen-lsp's doctor finds by the settings and the key of this window, for a file or none. */
export async function examine(
  server: ServerControl,
  extension: string,
  file?: string,
): Promise<Diagnosis> {
  const title = l10n.t('Qwen: looking at engine, network and models');
  const location = vscode.ProgressLocation.Notification;
  // The key is in the options: a command line could be read by others.
  const input = JSON.stringify(await server.readOptions());
  const words = ['doctor', '--json', '--settings-from-stdin', ...(file ? [file] : [])];
  return vscode.window.withProgress({ location, title, cancellable: true }, (_, token) =>
    ask<Diagnosis>(server, extension, words, input, token),
  );
}

/** The models that qwen-lsp knows. */
export async function readCatalogue(server: ServerControl, extension: string): Promise<Catalogue> {
  return ask<Catalogue>(server, extension, ['models', '--json'], '');
}

async function ask<Answer>(
  server: ServerControl,
  folder: string,
  words: string[],
  input: string,
  token?: vscode.CancellationToken,
): Promise<Answer> {
  const found = server.program;
  if (!found) {
    throw new Error(l10n.t('The language server is not running.'));
  }
  const stop = new AbortController();
  token?.onCancellationRequested(() => {
    stop.abort();
  });
  const how = { folder, input, timeoutMs: PATIENCE_MS, signal: stop.signal };
  const finished = await runProgram(found.program, [...found.words, ...words], how);
  try {
    return JSON.parse(finished.output) as Answer;
  } catch {
    const line = finished.errors.trim().split('\n').at(-1) ?? '';
    throw new Error(line || l10n.t('{0} gave no answer.', found.program));
  }
}
