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
    files: { 'total.py': SOURCE, 'notes.txt': 'Notes\n' },
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

test('a line can be accepted alone', async () => {
  await endpoint.reply('a + b\n    print(total)\n    return total');
  await workbench.page.keyboard.press('Control+End');
  await workbench.type('\n\ndef sub(a, b):\n    total = ');
  await workbench.ghostText.waitFor();
  await workbench.page.keyboard.press('Alt+Q');
  await workbench.page.keyboard.press('l');
  await workbench.page.locator('.view-line', { hasText: 'total = a + b' }).first().waitFor();
  await workbench.page.keyboard.press('Escape');
  await workbench.ghostText.waitFor({ state: 'detached' });
  const lines = await workbench.lines();
  assert.ok(lines.some((line) => line.trim() === 'total = a + b'), JSON.stringify(lines));
  await endpoint.reply('a + b');
});

test('the menu of the status bar tells what became of the last suggestion', async () => {
  await workbench.statusItem.click();
  await workbench.page.locator('.quick-input-list', { hasText: 'Choose Provider' }).waitFor();
  await workbench.picture('menu');
  await workbench.choose('Why No Suggestion?');
  const message = workbench.message('Qwen:').filter({ hasText: 'qwen2.5-coder-7b-instruct' });
  await message.waitFor();
  await workbench.picture('why');
  await workbench.clearMessages();
});

test('the status bar tells what today has cost', async () => {
  await workbench.statusItem.filter({ hasText: /[¥$]/ }).waitFor();
});

test('suggestions can be switched off and on, and stay so', async () => {
  await workbench.chooseFromMenu('Switch Suggestions Off');
  await workbench.statusItem.locator('.codicon-circle-slash').waitFor();
  assert.match(userSettings(), /"qwen.completion.enabled": false/);
  const before = await endpoint.countGenerations();
  await workbench.openFile('total.py');
  await workbench.type('\ny = ');
  // VS Code asks a moment after the last key, and not at all once the palette has the focus.
  await workbench.page.waitForTimeout(1500);
  await workbench.runCommand('Qwen: Why No Suggestion?');
  await workbench.message(/off/).first().waitFor();
  assert.equal(await endpoint.countGenerations(), before);
  await workbench.clearMessages();
  await workbench.chooseFromMenu('Switch Suggestions On');
  await workbench.statusItem.locator('.codicon-sparkle').waitFor();
});

test('suggestions can be switched off for one language', async () => {
  await workbench.openFile('total.py');
  await workbench.chooseFromMenu('Switch Suggestions Off for python');
  await workbench.statusItem.locator('.codicon-circle-slash').waitFor();
  assert.match(userSettings(), /"python": false/);
  await workbench.openFile('notes.txt');
  await workbench.statusItem.locator('.codicon-sparkle').waitFor();
  await workbench.openFile('total.py');
  await workbench.runCommand('Qwen: Switch Suggestions Off or On for This Language');
  await workbench.statusItem.locator('.codicon-sparkle').waitFor();
});

test('our keys are nobody else\'s', async () => {
  await workbench.runCommand('Preferences: Open Default Keyboard Shortcuts (JSON)');
  await workbench.page.locator('.tab.active', { hasText: 'Default Keybindings' }).waitFor();
  await workbench.page.keyboard.press('Control+F');
  await workbench.page.locator('.find-widget.visible textarea').first().fill('"key": "alt+q');
  // Seven are ours: VS Code counts those of extensions among the default ones.
  await workbench.page.locator('.find-widget .matchesCount', { hasText: /of 7$/ }).waitFor();
});

function userSettings() {
  return readFileSync(join(workbench.home, 'data', 'User', 'settings.json'), 'utf8');
}
