import { join } from 'node:path';
import * as vscode from 'vscode';

import { findProgram, isProgram, runProgram } from './programs';

/** The oldest Python that the server runs on. */
export const OLDEST = [3, 10] as const;

const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const HAS_SERVER = "import importlib.metadata as m; m.version('qwen-lsp')";
const VERSION = 'import sys; print(*sys.version_info[:2])';
const PATIENCE_MS = 10_000;

/** What of the Python Environments extension's API is used here. */
interface EnvironmentsApi {
  getEnvironment(
    scope: vscode.Uri | undefined,
  ): Promise<{ execInfo: { run: { executable: string } } } | undefined>;
}

/** What of the Python extension's API is used here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: {
      path: string;
    }): Promise<{ executable: { uri: vscode.Uri | undefined } } | undefined>;
  };
}

/** An interpreter that can be run. */
export interface Python {
  path: string;
  version: readonly [number, number];
}

/**
 * The interpreters that the workspace uses: the selected ones first, then its own environments.
 *
 * Only for a trusted workspace: its environment is a program that its author wrote.
 */
export async function findInterpreters(): Promise<string[]> {
  if (!vscode.workspace.isTrusted) {
    return [];
  }
  const folders = vscode.workspace.workspaceFolders?.map((folder) => folder.uri) ?? [];
  const selected = await Promise.all([
    askEnvironmentsExtension(folders[0]).catch(nothing),
    askPythonExtension(folders[0]).catch(nothing),
  ]);
  const own = folders
    .filter((folder) => folder.scheme === 'file')
    .flatMap((folder) => ['.venv', 'venv'].map((name) => interpreterIn(join(folder.fsPath, name))));
  const found = [...selected, ...own].filter((path) => path !== undefined && isProgram(path));
  return [...new Set(found as string[])];
}

/** Whether the language server is installed for an interpreter. */
export async function hasServer(interpreter: string, folder: string): Promise<boolean> {
  try {
    const how = { folder, timeoutMs: PATIENCE_MS };
    return (await runProgram(interpreter, ['-c', HAS_SERVER], how)).code === 0;
  } catch {
    return false;
  }
}

/** The Python that an environment can be made with: the newest enough, else the first there is. */
export async function findPython(folder: string): Promise<Python | undefined> {
  let first: Python | undefined;
  for (const path of NAMES.map(findProgram)) {
    const python = path && (await examine(path, folder));
    if (python && isNewEnough(python)) {
      return python;
    }
    first ??= python || undefined;
  }
  return first;
}

/** Whether the server runs on it. */
export function isNewEnough({ version: [major, minor] }: Python): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Where a virtual environment has its interpreter. */
export function interpreterIn(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');
}

async function examine(path: string, folder: string): Promise<Python | undefined> {
  try {
    const how = { folder, timeoutMs: PATIENCE_MS };
    const { output } = await runProgram(path, ['-c', VERSION], how);
    const [, major, minor] = /^(\d+) (\d+)\s*$/.exec(output) ?? [];
    return major && minor ? { path, version: [Number(major), Number(minor)] } : undefined;
  } catch {
    // Windows has a python.exe that only leads to its shop.
    return undefined;
  }
}

async function askEnvironmentsExtension(scope?: vscode.Uri): Promise<string | undefined> {
  const api = await activate<EnvironmentsApi>('ms-python.vscode-python-envs');
  return (await api?.getEnvironment(scope))?.execInfo.run.executable;
}

async function askPythonExtension(scope?: vscode.Uri): Promise<string | undefined> {
  const api = await activate<PythonApi>('ms-python.python');
  if (!api) {
    return undefined;
  }
  const active = api.environments.getActiveEnvironmentPath(scope);
  return (await api.environments.resolveEnvironment(active))?.executable.uri?.fsPath;
}

async function activate<Api>(id: string): Promise<Api | undefined> {
  return vscode.extensions.getExtension<Api>(id)?.activate();
}

function nothing(): undefined {
  return undefined;
}
