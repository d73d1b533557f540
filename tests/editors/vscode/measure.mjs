// What a user of VS Code waits for: `node tests/editors/vscode/measure.mjs` prints a table.
//
// The ghost text comes from the embedded engine. Its time runs from a key to the text's place in
// the page, and so holds VS Code's own wait before it asks (50 ms) and its ways to and fro.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ROOT } from './endpoint.mjs';
import { Workbench } from './workbench.mjs';

const ROUNDS = 40;
const IDLE_MS = 60_000;
const TICKS_PER_SECOND = 100;

const STATEMENTS = [
  'logger.info("started %s", self.name)',
  'response = self.session.get(self.address)',
  'raise ValueError("the name is empty")',
  'self.count = len(self.items)',
];

const workbench = await Workbench.open({
  files: { 'service.py': makeSource() },
  settings: { 'qwen.provider': 'embedded' },
});
try {
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  const times = await measureGhostText();
  const rows = {
    'activation, ms': await readActivation(),
    'package, KB': Math.round(statSync(join(ROOT, 'vscode-client/dist/qwen-lsp.vsix')).size / 1024),
    'key to ghost text p50, ms': Math.round(times[Math.floor(times.length / 2)]),
    'key to ghost text p90, ms': Math.round(times[Math.floor(times.length * 0.9)]),
    'suggestions measured': times.length,
    'idle CPU of the server, %': await measureIdle(),
  };
  console.table(rows);
} finally {
  await workbench.close();
}

function makeSource() {
  const methods = Array.from({ length: 12 }, (_, index) =>
    [`    def act_${index}(self):`, ...STATEMENTS.map((line) => `        ${line}`), ''].join('\n'),
  );
  return ['class Service:', ...methods, '    def last(self):'].join('\n');
}

/** In ascending order, in ms: from the key to the first ghost text after there was none. */
async function measureGhostText() {
  const { page } = workbench;
  await workbench.openFile('service.py');
  await page.evaluate(() => {
    globalThis.ghostTimes = [];
    let pressed = 0;
    let isShown = false;
    document.addEventListener('keydown', () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      const found = document.querySelector('.ghost-text-decoration, .ghost-text') !== null;
      if (found && !isShown) {
        globalThis.ghostTimes.push(performance.now() - pressed);
      }
      isShown = found;
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Enter');
    for (const letter of STATEMENTS[round % STATEMENTS.length].slice(0, 6)) {
      await page.keyboard.type(letter);
      await sleep(400);
      if (await workbench.ghostText.isVisible()) {
        break;
      }
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+K');
    await sleep(300);
  }
  const times = await page.evaluate(() => globalThis.ghostTimes);
  return times.sort((one, other) => one - other);
}

/** As VS Code itself tells it. */
async function readActivation() {
  await workbench.runCommand('Developer: Show Running Extensions');
  const row = workbench.page.locator('.extension', { hasText: 'Qwen LSP' });
  const [, time] = /(\d+)ms/.exec(await row.innerText()) ?? [];
  return Number(time);
}

/** The server's and its worker's share of one core. */
async function measureIdle() {
  const ids = workbench.findServer();
  const before = ids.map(readTicks);
  await sleep(IDLE_MS);
  const spent = ids.map(readTicks).reduce((sum, ticks, index) => sum + ticks - before[index], 0);
  return (100 * spent) / TICKS_PER_SECOND / (IDLE_MS / 1000);
}

function readTicks(id) {
  const fields = readFileSync(join('/proc', String(id), 'stat'), 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
