// The first minutes of a new user: no server yet, a key to be given, a folder not yet trusted.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { startEndpoint } from './endpoint.mjs';
import { Workbench } from './workbench.mjs';

const FILES = { 'total.py': 'def add(a, b):\n' };
const MODEL = 'qwen2.5-coder-7b-instruct';

test('a missing server is told with the command that installs it, then found', async (context) => {
  const workbench = await open(context, { installed: false });
  const message = workbench.page.locator('.notification-toast', { hasText: 'uv tool install' });
  await message.waitFor();
  await workbench.picture('no-server');
  workbench.installServer();
  await message.getByRole('button', { name: 'Try Again' }).click();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
});

test('a server that ends by a fault is started again', async (context) => {
  const workbench = await open(context, {});
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  await workbench.killServer();
  await workbench.statusItem.filter({ hasNotText: 'built-in' }).waitFor();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
});

test('a key given to the secret storage makes the endpoint answer', async (context) => {
  const endpoint = await startEndpoint('a + b');
  context.after(() => endpoint.close());
  const workbench = await open(context, {
    settings: {
      'qwen.provider': 'openai',
      'qwen.baseUrl': endpoint.baseUrl,
      'qwen.completion.model': MODEL,
      'qwen.completion.embedded': 'off',
    },
  });
  await workbench.runCommand('Qwen: Set API Key');
  const input = workbench.page.locator('.quick-input-widget input');
  await workbench.page.locator('.quick-input-title', { hasText: 'API key for http' }).waitFor();
  await workbench.picture('api-key');
  await input.fill('sk-test');
  await workbench.page.keyboard.press('Enter');
  await workbench.statusItem.filter({ hasText: MODEL }).locator('.codicon-sparkle').waitFor();
  await workbench.openFile('total.py');
  await workbench.type('    return ');
  await workbench.ghostText.waitFor();
});

test('from a folder that is not trusted nothing is sent', async (context) => {
  let connections = 0;
  const stranger = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  context.after(() => stranger.close());
  const baseUrl = `http://127.0.0.1:${stranger.address().port}/v1`;
  const workbench = await open(context, {
    trusted: false,
    settings: {
      'qwen.provider': 'openai',
      'qwen.baseUrl': baseUrl,
      'qwen.completion.model': MODEL,
    },
    environment: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'sk-test' },
  });
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  await workbench.openFile('total.py');
  await workbench.type('    return add(a, b)\n');
  await workbench.statusItem.click();
  await workbench.page.locator('.notification-toast', { hasText: 'Qwen:' }).waitFor();
  await workbench.picture('not-trusted');
  assert.equal(connections, 0);
});

async function open(context, options) {
  const workbench = await Workbench.open({ files: FILES, ...options });
  context.after(() => workbench.close());
  return workbench;
}
