// Ghost text in VS Code itself, as a new user meets it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startEndpoint } from './endpoint.mjs';
import { Workbench } from './workbench.mjs';

const SOURCE = 'def add(a, b):\n    """Add two numbers."""\n';

/** @type {Workbench} */
let workbench;
let endpoint;

before(async () => {
  endpoint = await startEndpoint('a + b');
  workbench = await Workbench.open({
    files: { 'total.py': SOURCE },
    environment: {
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_MODEL: 'qwen2.5-coder-7b-instruct',
    },
  });
});

after(async () => {
  await workbench?.close();
  endpoint?.close();
});

test('the status bar says which model answers', async () => {
  await workbench.statusItem.filter({ hasText: 'qwen2.5-coder-7b-instruct' }).waitFor();
});

test('ghost text appears while typing, and Tab accepts it', async () => {
  await workbench.openFile('total.py');
  await workbench.type('    return ');
  await workbench.ghostText.waitFor();
  assert.ok((await workbench.lines()).includes('    return a + b'));
  await workbench.picture('ghost-text');
  await workbench.page.keyboard.press('Tab');
  await workbench.page.keyboard.press('Escape');
  await workbench.page.keyboard.press('Control+S');
  await workbench.page.locator('.tab.active:not(.dirty)').waitFor();
  const saved = readFileSync(join(workbench.folder, 'total.py'), 'utf8');
  assert.equal(saved.trimEnd(), `${SOURCE}    return a + b`);
});

test('a word can be accepted alone, and Esc hides the rest', async () => {
  await workbench.page.keyboard.press('Control+End');
  await workbench.type('\nx = ');
  await workbench.ghostText.waitFor();
  await workbench.page.keyboard.press('Control+ArrowRight');
  await workbench.page.keyboard.press('Escape');
  await workbench.ghostText.waitFor({ state: 'detached' });
  const lines = await workbench.lines();
  assert.ok(lines.some((line) => /x = a$/.test(line.trimEnd())), JSON.stringify(lines));
});

test('a click on the status bar tells what became of the last suggestion', async () => {
  await workbench.statusItem.click();
  const message = workbench.page.locator('.notification-toast', { hasText: 'Qwen:' });
  await message.filter({ hasText: 'qwen2.5-coder-7b-instruct' }).waitFor();
  await workbench.picture('why');
  await workbench.page.keyboard.press('Escape');
});

test('suggestions can be switched off and on', async () => {
  await workbench.runCommand('Qwen: Switch Suggestions Off or On');
  await workbench.statusItem.locator('.codicon-circle-slash').waitFor();
  await workbench.runCommand('Qwen: Switch Suggestions Off or On');
  await workbench.statusItem.locator('.codicon-sparkle').waitFor();
});
