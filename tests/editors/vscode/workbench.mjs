// VS Code itself (code-server) with the packaged extension, in a browser that a test drives.

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

import { binFolder, ROOT } from './endpoint.mjs';
import { findOrInstall } from './install.mjs';

const PACKAGE = join(ROOT, 'vscode-client', 'dist', 'qwen-lsp.vsix');
const PICTURES = resolve(ROOT, process.env.QWEN_PICTURES ?? join('build', 'pictures'));
// As few colours as nobody misses, then nothing is lost any more: text stays sharp, in a quarter of
// the bytes.
const PALETTE = { palette: true, quality: 90, dither: 0, effort: 10 };
const LOSSLESS = { lossless: true, effort: 6 };
const PATIENCE_MS = 60_000;
// Nothing of the machine's own configuration may reach a test.
const CLEARED = /^(DASHSCOPE_|OPENAI_|QWEN_|VSCODE_|(https?|all)_proxy$)/i;

const SETTINGS = {
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'editor.inlineSuggest.enabled': true,
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'files.autoSave': 'off',
};

const BROWSER_OPTIONS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A window of VS Code on a folder of its own. */
export class Workbench {
  #ends = [];

  /**
   * @param {object} options
   * @param {Record<string, string>} options.files The folder's files, by name.
   * @param {Record<string, unknown>} [options.settings] The user's settings.
   * @param {Record<string, string>} [options.environment] What VS Code is started with.
   * @param {boolean} [options.installed] Whether the user has installed the language server.
   * @param {boolean} [options.trusted] Whether the user trusts the folder.
   * @param {string} [options.python] The version of the only Python that there is.
   */
  static async open({
    files,
    settings = {},
    environment = {},
    installed = true,
    trusted = true,
    python,
  }) {
    const workbench = new Workbench();
    try {
      await workbench.#open(files, settings, environment, installed, trusted, python);
    } catch (error) {
      await workbench.close();
      throw error;
    }
    return workbench;
  }

  async #open(files, settings, environment, installed, trusted, python) {
    const programs = findOrInstall();
    const home = mkdtempSync(join(tmpdir(), 'qwen-vscode-'));
    this.#ends.push(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    this.home = home;
    this.folder = join(home, 'project');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
    for (const scope of ['User', 'Machine']) {
      mkdirSync(join(home, 'data', scope), { recursive: true });
    }
    // To this window the machine with the files is a remote one, which has settings of its own.
    writeFileSync(join(home, 'data', 'User', 'settings.json'), JSON.stringify(SETTINGS));
    writeFileSync(join(home, 'data', 'Machine', 'settings.json'), JSON.stringify(settings));

    if (installed) {
      this.installServer();
    }
    const started = makeEnvironment(home, environment);
    if (python) {
      this.#pretendPython(python);
    }
    const folders = [
      ...['--user-data-dir', join(home, 'data')],
      ...['--extensions-dir', join(home, 'extensions')],
    ];
    run(programs.node, [programs.codeServer, ...folders, '--install-extension', PACKAGE], started);
    const trust = trusted ? ['--disable-workspace-trust'] : [];
    const address = await this.#serve(programs, [...trust, ...folders], started);
    const browser = await chromium.launch({
      executablePath: programs.chromium,
      args: BROWSER_OPTIONS,
    });
    this.#ends.push(() => browser.close());
    this.page = await browser.newPage({ viewport: { width: 1000, height: 620 } });
    this.page.setDefaultTimeout(PATIENCE_MS);
    await this.page.goto(`${address}?folder=${encodeURIComponent(this.folder)}`);
    // The extension is the last to start.
    await this.statusItem.waitFor();
  }

  async #serve(programs, more, environment) {
    const options = ['--auth', 'none', '--bind-addr', '127.0.0.1:0'];
    const quiet = ['--disable-telemetry', '--disable-update-check'];
    const words = [programs.codeServer, ...options, ...quiet, ...more, this.folder];
    const server = spawn(programs.node, words, {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    this.#ends.push(async () => {
      // Its group: the extension host and the language server belong to it.
      process.kill(-server.pid, 'SIGTERM');
      await ended;
    });
    for await (const line of createInterface({ input: server.stdout })) {
      const match = /listening on (http:\S+)/.exec(line);
      if (match) {
        server.stdout.resume();
        return match[1];
      }
    }
    throw new Error('code-server ended before it served.');
  }

  /** Puts the language server where uv and pipx do: VS Code takes its PATH from the login shell. */
  installServer() {
    const folder = join(this.home, '.local', 'bin');
    mkdirSync(folder, { recursive: true });
    symlinkSync(join(binFolder(), 'qwen-lsp'), join(folder, 'qwen-lsp'));
  }

  /** Puts Pythons that say they are of this version on the PATH of the login shell. */
  #pretendPython(version) {
    const folder = join(this.home, 'pythons');
    mkdirSync(folder);
    const names = ['', '3', '3.10', '3.11', '3.12', '3.13', '3.14'].map((end) => `python${end}`);
    for (const name of names) {
      const script = `#!/bin/sh\necho ${version.replace('.', ' ')}\n`;
      writeFileSync(join(folder, name), script, { mode: 0o755 });
    }
    writeFileSync(join(this.home, '.profile'), `PATH='${folder}:/usr/bin:/bin'\n`);
  }

  /** Ends the language server as a fault would. */
  killServer() {
    const [server] = this.findServer();
    process.kill(server, 'SIGKILL');
  }

  /** The process of the language server, and then those that it has started. */
  findServer() {
    const program = join(this.home, '.local', 'bin', 'qwen-lsp');
    const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const servers = ids.filter((id) => readWords(id)[1] === program);
    const workers = ids.filter((id) => servers.includes(readParent(id)));
    return [...servers, ...workers].map(Number);
  }

  /** Ends browser and server and removes their folder. */
  async close() {
    for (const end of this.#ends.splice(0).reverse()) {
      await end();
    }
  }

  /** Opens a file of the folder and puts the cursor at the end of it. */
  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    await this.page.locator('.quick-input-widget input').fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.monaco-editor.focused').waitFor();
    await this.page.keyboard.press('Control+End');
  }

  /** Runs a command by its title, as a user does. */
  async runCommand(title) {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
  }

  /** Types as a hand does, and leaves the editor time for each key. */
  async type(text) {
    await this.page.keyboard.type(text, { delay: 40 });
  }

  /** The ghost text on the screen. */
  get ghostText() {
    return this.page.locator('.ghost-text-decoration, .ghost-text').first();
  }

  /** The lines of the editor as they look, ghost text included. */
  async lines() {
    const lines = await this.page.locator('.monaco-editor .view-line').allInnerTexts();
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  /** Our item in the status bar. */
  get statusItem() {
    return this.page.locator('.statusbar-item', { hasText: 'Qwen' });
  }

  /** A message at the lower right. */
  message(text) {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Dismisses all messages. */
  async clearMessages() {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'detached' });
  }

  /** Opens the menu of the status bar and chooses an entry. */
  async chooseFromMenu(entry) {
    await this.statusItem.click();
    await this.choose(entry);
  }

  /** Chooses from the list that is open. */
  async choose(entry) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: entry }).first();
    await row.waitFor();
    // Where the mouse rests since the last click a hover may have opened over the row.
    await this.page.mouse.move(1, 1);
    await row.click();
  }

  /** Answers the input box that is open. */
  async answer(text) {
    const input = this.page.locator('.quick-input-widget input');
    await input.fill(text);
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Opens the editor's menu at a piece of its text. */
  async rightClick(text) {
    const line = this.page.locator('.monaco-editor .view-line', { hasText: text }).first();
    await line.locator('span span', { hasText: text }).first().click({ button: 'right' });
    await this.menuEntry('Fix with Qwen').waitFor();
  }

  /** Chooses from the menu that is open; a click is ignored while the menu is still new. */
  async chooseEntry(...names) {
    for (const [depth, name] of names.entries()) {
      await this.menuEntry(name).hover();
      await this.page.keyboard.press(depth + 1 < names.length ? 'ArrowRight' : 'Enter');
    }
  }

  /** An entry of the menu that is open. */
  menuEntry(name) {
    const whole = new RegExp(`^${name}$`);
    return this.page.locator('.monaco-menu .action-label').filter({ hasText: whole });
  }

  /** What is rendered beside the editor. */
  get panel() {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** Saves the file in the editor and gives its text on the disk. */
  async save(name) {
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active:not(.dirty)').waitFor();
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Keeps a picture of the window under build/pictures, or where QWEN_PICTURES says. */
  async picture(name) {
    mkdirSync(PICTURES, { recursive: true });
    const picture = await this.page.screenshot({ animations: 'disabled' });
    const reduced = await sharp(picture).png(PALETTE).toBuffer();
    await sharp(reduced).webp(LOSSLESS).toFile(join(PICTURES, `${name}.webp`));
  }
}

function makeEnvironment(home, extra) {
  const kept = Object.entries(process.env).filter(([name]) => !CLEARED.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    // With uv the extension would make an environment from the network.
    PATH: withoutUv(process.env.PATH ?? ''),
    PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
    // No marketplace is asked for anything.
    EXTENSIONS_GALLERY: '{}',
    ...extra,
  };
}

function withoutUv(path) {
  return path
    .split(delimiter)
    .filter((folder) => !existsSync(join(folder, 'uv')))
    .join(delimiter);
}

function readWords(id) {
  try {
    return readFileSync(join('/proc', id, 'cmdline'), 'utf8').split('\0');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function readParent(id) {
  try {
    return readFileSync(join('/proc', id, 'stat'), 'utf8').split(') ')[1].split(' ')[1];
  } catch {
    return undefined;
  }
}

function run(program, words, environment = process.env) {
  const done = spawnSync(program, words, { env: environment, encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`${words.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  }
}
