import * as vscode from 'vscode';

const SECTION = 'qwen';
/** Concern this client; the server does not know them. */
const OWN = new Set(['server.path', 'actions.preview']);
/** Where requests go. */
const ADDRESS = new Set(['provider', 'baseUrl', 'region']);
const ALL_LANGUAGES = '*';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Where the server is; empty to look for it. Machine scope: no workspace can set it. */
export function serverPath(): string {
  return text('server.path');
}

/** Whether each edit is to be confirmed before it is made. */
export function previewsEdits(): boolean {
  return read().get<unknown>('actions.preview') === true;
}

/** The part of the settings that a key belongs to. */
export function readAddress(extension: vscode.Extension<unknown>): { [name: string]: Json } {
  const section = Object.entries(readSection(extension));
  return Object.fromEntries(section.filter(([key]) => ADDRESS.has(key)));
}

/** Whether a change concerns what is fixed when the server starts. */
export function needsRestart(event: vscode.ConfigurationChangeEvent): boolean {
  return ['server', ...ADDRESS].some((key) =>
    event.affectsConfiguration(`${SECTION}.${key}`),
  );
}

/** Whether a change concerns where ghost text is shown. */
export function concernsSuggestions(event: vscode.ConfigurationChangeEvent): boolean {
  return ['enabled', 'languages'].some((key) =>
    event.affectsConfiguration(`${SECTION}.completion.${key}`),
  );
}

/**
 * The settings for the server: those alone that the user has made, as defaults sent from here
 * would hide the user's configuration file; and whether the workspace is trusted.
 */
export function readSection(extension: vscode.Extension<unknown>): { [name: string]: Json } {
  const configuration = read();
  const section: { [name: string]: Json } = { trusted: vscode.workspace.isTrusted };
  for (const key of contributedKeys(extension)) {
    if (isSet(configuration.inspect(key))) {
      section[key] = configuration.get<Json>(key, null);
    }
  }
  return section;
}

/** What a key is kept under: it is never sent to another origin than the one it was given for. */
export function keyOwner(): string {
  const address = text('baseUrl');
  if (address) {
    return URL.canParse(address) ? new URL(address).origin : address;
  }
  const provider = text('provider') || 'auto';
  return provider === 'auto' || provider === 'dashscope'
    ? `dashscope (${text('region') || 'beijing'})`
    : provider;
}

/** Whether ghost text is on: at all, and for a language. */
export function suggestionsFor(language: string | undefined): { all: boolean; language: boolean } {
  const languages = read().get<Record<string, unknown>>('completion.languages') ?? {};
  const own = language === undefined ? undefined : languages[language];
  return {
    all: read().get<unknown>('completion.enabled') !== false,
    language: (own ?? languages[ALL_LANGUAGES]) !== false,
  };
}

/** Switches ghost text on or off where that is decided now: for the workspace or the user. */
export async function switchSuggestions(on: boolean): Promise<void> {
  await change('completion.enabled', on);
}

/** The same for one language. */
export async function switchLanguage(language: string, on: boolean): Promise<void> {
  const key = 'completion.languages';
  const values = read().inspect<Record<string, boolean>>(key);
  const target = targetOf(values);
  const own = target === vscode.ConfigurationTarget.Global ? values?.globalValue : values?.workspaceValue;
  await change(key, { ...own, [language]: on });
}

/** Sets what holds for the whole machine; undefined goes back to the default. */
export async function configure(key: string, value: Json | undefined): Promise<void> {
  if (read().inspect(key)?.globalValue !== value) {
    await read().update(key, value, vscode.ConfigurationTarget.Global);
  }
}

async function change(key: string, value: Json): Promise<void> {
  await read().update(key, value, targetOf(read().inspect(key)));
}

function targetOf(
  values: ReturnType<vscode.WorkspaceConfiguration['inspect']>,
): vscode.ConfigurationTarget {
  return values?.workspaceValue === undefined
    ? vscode.ConfigurationTarget.Global
    : vscode.ConfigurationTarget.Workspace;
}

function read(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION);
}

/** A setting of the wrong type counts as unset here; the server names it to the user. */
function text(key: string): string {
  const value = read().get<unknown>(key);
  return typeof value === 'string' ? value.trim() : '';
}

function contributedKeys(extension: vscode.Extension<unknown>): string[] {
  const manifest = extension.packageJSON as {
    contributes: { configuration: { properties: Record<string, unknown> } };
  };
  return Object.keys(manifest.contributes.configuration.properties)
    .map((name) => name.slice(SECTION.length + 1))
    .filter((key) => !OWN.has(key));
}

function isSet(values: ReturnType<vscode.WorkspaceConfiguration['inspect']>): boolean {
  return (
    values !== undefined &&
    [values.globalValue, values.workspaceValue, values.workspaceFolderValue].some(
      (value) => value !== undefined,
    )
  );
}
