import * as vscode from 'vscode';

const SECTION = 'qwen';
/** Concerns this client; the server does not know it. */
const OWN_PREFIX = 'server.';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Where the server is; empty to look for it. Machine scope: no workspace can set it. */
export function serverPath(): string {
  return vscode.workspace.getConfiguration(SECTION).get<string>('server.path', '').trim();
}

/** Whether a change concerns what is fixed when the server starts. */
export function needsRestart(event: vscode.ConfigurationChangeEvent): boolean {
  return ['server', 'provider', 'baseUrl', 'region'].some((key) =>
    event.affectsConfiguration(`${SECTION}.${key}`),
  );
}

/**
 * The settings for the server: those alone that the user has made, as defaults sent from here
 * would hide the user's configuration file; and whether the workspace is trusted.
 */
export function readSection(extension: vscode.Extension<unknown>): { [name: string]: Json } {
  const configuration = vscode.workspace.getConfiguration(SECTION);
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
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const address = configuration.get<string | null>('baseUrl');
  if (address) {
    return URL.canParse(address) ? new URL(address).origin : address;
  }
  const provider = configuration.get<string>('provider', 'auto');
  return provider === 'auto' || provider === 'dashscope'
    ? `dashscope (${configuration.get<string>('region', 'beijing')})`
    : provider;
}

function contributedKeys(extension: vscode.Extension<unknown>): string[] {
  const manifest = extension.packageJSON as {
    contributes: { configuration: { properties: Record<string, unknown> } };
  };
  return Object.keys(manifest.contributes.configuration.properties)
    .map((name) => name.slice(SECTION.length + 1))
    .filter((key) => !key.startsWith(OWN_PREFIX));
}

function isSet(values: ReturnType<vscode.WorkspaceConfiguration['inspect']>): boolean {
  return (
    values !== undefined &&
    [values.globalValue, values.workspaceValue, values.workspaceFolderValue].some(
      (value) => value !== undefined,
    )
  );
}
