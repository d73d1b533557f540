// Fix, refactor and explain in VS Code itself: from the menu, the lightbulb, the palette.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startEndpoint } from './endpoint.mjs';
import { Workbench } from './workbench.mjs';

const BROKEN = `export interface Item {
  price: number;
  count: number;
}

/** What a basket comes to. */
export function total(items: Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.prise * item.count;
  }
  return sum;
}
`;
const MENDED = BROKEN.replace('item.prise', 'item.price');
const SHORTER = `/** What a basket comes to. */
export function total(items: Item[]): number {
  return items.reduce((sum, item) => sum + item.price * item.count, 0);
}
`;
const EXPLANATION = `\`total\` adds up what each item costs: its **price** times its **count**.

1. It starts from nothing: \`sum\` is 0.
2. For each item it adds \`price * count\`.
3. It gives the sum back; an empty basket comes to 0.

| basket | total |
| --- | --- |
| empty | 0 |
| two apples at 3 | 6 |
`;
const HOSTILE = `It adds up.

![hidden](https://pictures.example.org/a.png) [run](command:workbench.action.quit)
<img src="https://pictures.example.org/b.png"><script>document.title = 'run'</script>
`;

/** @type {Workbench} */
let workbench;
let endpoint;

before(async () => {
  endpoint = await startEndpoint(fence(functionOf(MENDED)));
  workbench = await Workbench.open({
    files: { 'basket.ts': BROKEN, 'tsconfig.json': '{"compilerOptions": {"strict": true}}\n' },
    settings: { 'qwen.completion.enabled': false },
    environment: {
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_MODEL: 'qwen2.5-coder-7b-instruct',
    },
  });
  await workbench.statusItem.filter({ hasText: 'qwen2.5-coder-7b-instruct' }).waitFor();
  await workbench.openFile('basket.ts');
  await workbench.page.locator('.squiggly-error').first().waitFor();
});

after(async () => {
  await workbench?.close();
  endpoint?.close();
});

test('right-click → Fix with Qwen mends the file, and undo restores it', async () => {
  await workbench.rightClick('prise');
  await workbench.picture('fix-menu');
  await workbench.chooseEntry('Fix with Qwen');
  await workbench.message('Fix with Qwen: done by').waitFor();
  await focusEditor();
  assert.equal(await workbench.save('basket.ts'), MENDED);
  await workbench.page.keyboard.press('Control+Z');
  await line('prise').waitFor();
  assert.equal(await workbench.save('basket.ts'), BROKEN);
});

test('what was changed can be looked at', async () => {
  const message = workbench.message('Fix with Qwen: done by');
  await message.getByRole('button', { name: 'Show Changes' }).click();
  await workbench.page.locator('.tab.active', { hasText: 'before and after' }).waitFor();
  await workbench.runCommand('View: Close Editor');
  await workbench.clearMessages();
});

test('the lightbulb has the fix, with its diagnostic', async () => {
  await workbench.openFile('basket.ts');
  await workbench.page.locator('.squiggly-error').first().waitFor();
  await line('prise').locator('span span', { hasText: 'prise' }).first().click();
  await workbench.page.keyboard.press('Control+.');
  const entry = workbench.page.locator('.action-widget .monaco-list-row', { hasText: 'Fix with Qwen' });
  await entry.waitFor();
  await workbench.picture('lightbulb');
  await entry.click();
  await workbench.message('Fix with Qwen: done by').waitFor();
  await line('item.price').waitFor();
  await workbench.clearMessages();
  await focusEditor();
  assert.equal(await workbench.save('basket.ts'), MENDED);
});

test('Refactor asks what is to be changed', async () => {
  await endpoint.reply(fence(SHORTER));
  await placeCursor('let sum');
  await workbench.page.keyboard.press('Alt+Q');
  await workbench.page.keyboard.press('r');
  await workbench.page.locator('.quick-input-widget', { hasText: 'What is to be changed?' }).waitFor();
  await workbench.answer('use reduce');
  await workbench.message('Refactor with Qwen: done by').waitFor();
  await line('items.reduce').waitFor();
  await workbench.clearMessages();
  await focusEditor();
  await workbench.page.keyboard.press('Control+Z');
  assert.equal(await workbench.save('basket.ts'), MENDED);
});

test('Explain shows rendered Markdown beside the editor', async () => {
  await endpoint.reply(EXPLANATION);
  await placeCursor('let sum');
  await workbench.rightClick('total');
  await workbench.chooseEntry('Qwen', 'Explain with Qwen');
  await workbench.panel.getByRole('heading', { name: 'Explanation of basket.ts' }).waitFor();
  assert.equal(await workbench.panel.locator('strong').first().innerText(), 'price');
  assert.equal(await workbench.panel.getByRole('cell', { name: 'two apples at 3' }).count(), 1);
  await workbench.page.locator('.notification-toast').first().waitFor({ state: 'detached' });
  await workbench.picture('explanation');
});

test('an explanation can do nothing', async () => {
  await endpoint.reply(HOSTILE);
  await workbench.runCommand('View: Focus First Editor Group');
  await workbench.runCommand('Qwen: Explain with Qwen');
  await workbench.panel.getByText('It adds up.').waitFor();
  assert.equal(await workbench.panel.locator('img, [href^="command:"], script').count(), 0);
});

test('what the model makes nothing of is told in one sentence', async () => {
  await endpoint.reply('I cannot do that.');
  await workbench.openFile('basket.ts');
  await placeCursor('let sum');
  await workbench.runCommand('Qwen: Document with Qwen');
  await workbench.message('Document with Qwen: No acceptable change').waitFor();
  assert.equal(readFileSync(join(workbench.folder, 'basket.ts'), 'utf8'), MENDED);
  await workbench.clearMessages();
});

test('an action can be cancelled', async (context) => {
  const slow = await startEndpoint(fence(SHORTER), 60_000);
  context.after(() => slow.close());
  const other = await openOther(context, slow);
  await other.runCommand('Qwen: Document with Qwen');
  const message = other.message('Document with Qwen');
  await message.filter({ hasText: 'Asking' }).getByRole('button', { name: 'Cancel' }).click();
  await other.page.locator('.statusbar', { hasText: 'was cancelled' }).waitFor();
});

test('an edit is made after its preview, where the setting asks for it', async (context) => {
  const own = await startEndpoint(fence(SHORTER));
  context.after(() => own.close());
  const other = await openOther(context, own, { 'qwen.actions.preview': true });
  await other.runCommand('Qwen: Refactor with Qwen…');
  await other.answer('use reduce');
  const pane = other.page.locator('.panel', { hasText: 'Refactor Preview' });
  await pane.getByRole('button', { name: 'Apply' }).waitFor();
  await other.picture('preview');
  assert.ok((await other.lines()).some((text) => text.includes('let sum')));
  // VS Code makes what is ticked: nothing that asks for confirmation is ticked beforehand.
  await pane.locator('.edit-checkbox').first().click();
  await pane.getByRole('button', { name: 'Apply' }).click();
  await other.message('Refactor with Qwen: done by').waitFor();
});

test('tests are written to a file of their own, which opens', async (context) => {
  const own = await startEndpoint(
    fence(`import { total } from './basket';

test('an empty basket comes to nothing', () => {
  expect(total([])).toBe(0);
});
`),
  );
  context.after(() => own.close());
  const other = await openOther(context, own);
  await other.runCommand('Qwen: Write Tests with Qwen');
  await other.message('Write Tests with Qwen: done by').waitFor();
  await other.page.locator('.tab', { hasText: 'basket.test.ts' }).waitFor();
  assert.ok(existsSync(join(other.folder, 'basket.test.ts')));
});

async function openOther(context, own, settings = {}) {
  const other = await Workbench.open({
    files: { 'basket.ts': MENDED },
    settings: { 'qwen.completion.enabled': false, ...settings },
    environment: { OPENAI_BASE_URL: own.baseUrl, OPENAI_API_KEY: 'sk-test' },
  });
  context.after(() => other.close());
  await other.statusItem.filter({ hasText: 'qwen' }).waitFor();
  await other.openFile('basket.ts');
  await other.page.locator('.view-line', { hasText: 'let sum' }).first().click();
  return other;
}

function line(text) {
  return workbench.page.locator('.monaco-editor .view-line', { hasText: text }).first();
}

async function placeCursor(text) {
  await line(text).click();
}

async function focusEditor() {
  await workbench.runCommand('View: Focus Active Editor Group');
}

function fence(code) {
  return `\`\`\`typescript\n${code}\`\`\`\n`;
}

function functionOf(source) {
  return source.slice(source.indexOf('/**'));
}
