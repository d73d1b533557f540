import * as vscode from 'vscode';
import { l10n } from 'vscode';

import type { ServerControl } from './client';
import { configure } from './settings';
import { type CatalogueModel, type Diagnosis, examine, readCatalogue } from './tools';

type Choice = vscode.QuickPickItem & { take?: () => Promise<void> };
type Lane = 'fast' | 'strong';

const SETTING = { fast: 'completion.model', strong: 'actions.model' } as const;
const REGIONS = ['beijing', 'singapore', 'us', 'hongkong'] as const;

/** Asks who is to answer, among those that the doctor finds, and sets it. */
export async function chooseProvider(server: ServerControl, extension: string): Promise<void> {
  const found = await examine(server, extension);
  await pick(l10n.t('Who is to answer?'), found.engine.reason, [
    {
      label: l10n.t('$(wand) Automatic'),
      description: l10n.t('a key, then a server on this machine, then the built-in engine'),
      take: () => use('auto'),
    },
    ...(found.local.length ? [separate(l10n.t('on this machine'))] : []),
    ...found.local.map(({ provider, baseUrl, reason }) => ({
      label: `$(server) ${provider}`,
      description: baseUrl,
      detail: reason,
      take: () => use(provider, baseUrl),
    })),
    separate(l10n.t('hosted')),
    {
      label: '$(cloud) DashScope',
      description: l10n.t('Alibaba Cloud Model Studio; needs a key'),
      take: useDashScope,
    },
    {
      label: l10n.t('$(globe) Another endpoint…'),
      description: l10n.t('any that is OpenAI-compatible'),
      take: useEndpoint,
    },
    separate(l10n.t('without a model')),
    {
      label: l10n.t('$(chip) Built-in engine'),
      description: l10n.t('from your own project; nothing leaves this machine'),
      take: () => use('embedded'),
    },
  ]);
}

/** Asks for the model of ghost text or of actions, among those that are served, and sets it. */
export async function chooseModel(server: ServerControl, extension: string): Promise<void> {
  const [found, { models }] = await Promise.all([
    examine(server, extension),
    readCatalogue(server, extension),
  ]);
  const known = new Map(models.map((model) => [model.id, model]));
  await pick(l10n.t('A model for what?'), '', [
    {
      label: l10n.t('$(lightbulb) Ghost text'),
      description: found.lanes['fast']?.chain[0] ?? '',
      take: () => chooseFor('fast', found, known),
    },
    {
      label: l10n.t('$(tools) Fix, refactor, explain, document, write tests'),
      description: found.lanes['strong']?.chain[0] ?? '',
      take: () => chooseFor('strong', found, known),
    },
  ]);
}

async function chooseFor(
  lane: Lane,
  found: Diagnosis,
  known: ReadonlyMap<string, CatalogueModel>,
): Promise<void> {
  const key = SETTING[lane];
  const ids = [...new Set([...(found.lanes[lane]?.chain ?? []), ...(found.served ?? [])])];
  await pick(l10n.t('Which model?'), found.engine.origin ?? found.engine.reason, [
    {
      label: l10n.t('$(wand) Automatic'),
      description: l10n.t('the best that is served'),
      take: () => configure(key, undefined),
    },
    ...ids.map((id) => ({
      label: id,
      description: describeModel(known.get(id)),
      take: () => configure(key, id),
    })),
    {
      label: l10n.t('$(edit) Another model…'),
      take: async () => {
        const prompt = l10n.t('The name that the endpoint knows it by.');
        const name = await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
        if (name?.trim()) {
          await configure(key, name.trim());
        }
      },
    },
  ]);
}

async function useDashScope(): Promise<void> {
  const region = await vscode.window.showQuickPick(REGIONS, {
    title: l10n.t('The region that the key belongs to'),
  });
  if (region) {
    await configure('region', region === 'beijing' ? undefined : region);
    await use('dashscope');
    await vscode.commands.executeCommand('qwen.setApiKey');
  }
}

async function useEndpoint(): Promise<void> {
  const address = await vscode.window.showInputBox({
    title: l10n.t('The address of the endpoint'),
    placeHolder: 'https://models.example.org/v1',
    prompt: l10n.t('Up to and with its version path; http is for this machine alone.'),
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^https?:\/\//.test(text) && URL.canParse(text)
        ? undefined
        : l10n.t('An address begins with https:// (or http:// on this machine).'),
  });
  if (address) {
    await use('openai', address.trim());
    await vscode.commands.executeCommand('qwen.setApiKey');
  }
}

/** The address first: a provider is never shown the address of another. */
async function use(provider: string, baseUrl?: string): Promise<void> {
  await configure('baseUrl', baseUrl);
  await configure('provider', provider === 'auto' ? undefined : provider);
}

async function pick(title: string, placeHolder: string, choices: Choice[]): Promise<void> {
  const options = { title, placeHolder, matchOnDescription: true };
  const chosen = await vscode.window.showQuickPick(choices, options);
  await chosen?.take?.();
}

function separate(label: string): Choice {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function describeModel(model: CatalogueModel | undefined): string {
  const price = model?.prices[0];
  const context = model?.context ? `${Math.round(model.context / 1024)}K` : '';
  const cost =
    price && model.hosted ? `${price.input} / ${price.output} ${model.currency ?? ''}` : '';
  return [context, cost && l10n.t('{0} a million tokens', cost)].filter(Boolean).join(' · ');
}
