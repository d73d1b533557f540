import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';

const CHECK = "import importlib.metadata as m; print(m.version('qwen-lsp'))";
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
    resolveEnvironment(
      environment: { path: string },
    ): Promise<{ executable: { uri: vscode.Uri | undefined } } | undefined>;
  };
}

/**
 * The interpreters that the workspace uses: the selected ones first, then its own environments.
 *
 * Only for a trusted workspace: its environment is a program that its author wrote.
 */
export async function findInterpreters(): Promise<string[]> {
  const folders = vscode.workspace.workspaceFolders?.map((folder) => folder.uri) ?? [];
  const selected = await Promise.all([
    askEnvironmentsExtension(folders[0]).catch(nothing),
    askPythonExtension(folders[0]).catch(nothing),
  ]);
  const own = folders
    .filter((folder) => folder.scheme === 'file')
    .flatMap((folder) => ['.venv', 'venv'].map((name) => interpreterIn(join(folder.fsPath, name))));
  const found = [...selected, ...own].filter((path) => path !== undefined && existsSync(path));
  return [...new Set(found as string[])];
}

/** Whether qwen-lsp is installed for an interpreter. */
export async function hasServer(interpreter: string, folder: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(interpreter, ['-c', CHECK], {
      // Python looks for modules in the current folder, which must be none of the workspace.
      cwd: folder,
      timeout: PATIENCE_MS,
    });
    return stdout.trim() !== '';
  } catch {
    return false;
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

function interpreterIn(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');
}

function nothing(): undefined {
  return undefined;
}
