// The first minutes of a new user: no server yet, a key to be given, a folder not yet trusted.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { startEndpoint } from './endpoint.mjs';
import { Workbench } from './workbench.mjs';

const FILES = { 'total.py': 'def add(a, b):\n' };
const MODEL = 'qwen2.5-coder-7b-instruct';

test('a missing server is told with what installs it, then found', async (context) => {
  const workbench = await open(context, { installed: false });
  const message = workbench.message('is not installed');
  await message.getByRole('button', { name: 'Install', exact: true }).waitFor();
  await message.getByRole('button', { name: 'Copy Command' }).waitFor();
  await workbench.picture('no-server');
  workbench.installServer();
  await message.getByRole('button', { name: 'Try Again' }).click();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
});

test('the command that installs the server names a wheel that is there', async (context) => {
  const workbench = await open(context, { installed: false });
  await workbench.message('is not installed').getByRole('button', { name: 'Copy Command' }).click();
  const told = await workbench.message('in a terminal').textContent();
  const [, wheel] = /pip install "(.*?\.whl)"/.exec(told);
  assert.ok(existsSync(wheel), wheel);
});

test('a server that ends by a fault is started again', async (context) => {
  const workbench = await open(context, {});
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  workbench.killServer();
  await workbench.statusItem.filter({ hasNotText: 'built-in' }).waitFor();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
});

test('a server that ends again and again is given up, with its log', async (context) => {
  const workbench = await open(context, {});
  for (let time = 1; time <= 3; time += 1) {
    await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
    workbench.killServer();
    await workbench.statusItem.filter({ hasNotText: 'built-in' }).waitFor();
  }
  const message = workbench.message('ended 3 times');
  await message.getByRole('button', { name: 'Show Log' }).waitFor();
  assert.equal(await workbench.page.locator('.notification-toast').count(), 1);
  await message.getByRole('button', { name: 'Try Again' }).click();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
});

test('a program that is no server is told once, with its log', async (context) => {
  const workbench = await open(context, { settings: { 'qwen.server.path': '/bin/false' } });
  const message = workbench.message('/bin/false does not start');
  await message.getByRole('button', { name: 'Show Log' }).waitFor();
  assert.equal(await workbench.page.locator('.notification-toast').count(), 1);
  await workbench.statusItem.click();
  await workbench.page.locator('.quick-input-list', { hasText: 'Install Language Server' }).waitFor();
});

test('a server path that leads nowhere is told with the setting', async (context) => {
  const workbench = await open(context, { settings: { 'qwen.server.path': '/nowhere/qwen-lsp' } });
  const message = workbench.message('/nowhere/qwen-lsp');
  await message.getByRole('button', { name: 'Open Setting' }).waitFor();
});

test('without a network the setup says so, and can be tried again', async (context) => {
  // An index that nobody serves: what pip sees where there is no network.
  const environment = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '0' };
  const workbench = await open(context, { installed: false, environment });
  await workbench.message('is not installed').getByRole('button', { name: 'Install', exact: true }).click();
  const message = workbench.message('cannot be fetched');
  await message.getByRole('button', { name: 'Install', exact: true }).waitFor();
  await message.getByRole('button', { name: 'Show Log' }).waitFor();
});

test('a Python that is too old is told with where to get another', async (context) => {
  const workbench = await open(context, { installed: false, python: '3.9' });
  await workbench.message('is not installed').getByRole('button', { name: 'Install', exact: true }).click();
  const message = workbench.message('needs Python 3.10 or later');
  await message.filter({ hasText: 'is 3.9' }).getByRole('button', { name: 'Get Python' }).waitFor();
});

test('a setting of the wrong type is told with the setting', async (context) => {
  const workbench = await open(context, { settings: { 'qwen.completion.maxPromptTokens': 'many' } });
  const message = workbench.message('qwen.completion.maxPromptTokens');
  await message.getByRole('button', { name: 'Open Setting' }).click();
  await workbench.page.locator('.settings-editor', { hasText: 'Max Prompt Tokens' }).waitFor();
});

test('a key that is refused is told with the way to set another', async (context) => {
  const endpoint = await startEndpoint('a + b');
  context.after(() => endpoint.close());
  const workbench = await open(context, {
    settings: { 'qwen.provider': 'openai', 'qwen.baseUrl': endpoint.baseUrl },
    environment: { OPENAI_BASE_URL: endpoint.baseUrl, OPENAI_API_KEY: 'sk-wrong' },
  });
  await workbench.openFile('total.py');
  await workbench.type('    return ');
  const message = workbench.message('refused the key');
  await message.getByRole('button', { name: 'Set API Key' }).click();
  await workbench.answer('sk-test');
  await workbench.clearMessages();
  await workbench.statusItem.locator('.codicon-sparkle').waitFor();
  await workbench.runCommand('Trigger Inline Suggestion');
  await workbench.ghostText.waitFor();
});

test('the provider is chosen among those that are found', async (context) => {
  const workbench = await open(context, {});
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  await workbench.chooseFromMenu('Choose Provider');
  const list = workbench.page.locator('.quick-input-list');
  await list.filter({ hasText: 'DashScope' }).waitFor();
  await workbench.picture('provider');
  await workbench.choose('from your own project');
  await workbench.statusItem.filter({ hasNotText: 'built-in' }).waitFor();
  await workbench.statusItem.filter({ hasText: 'built-in' }).waitFor();
  await workbench.chooseFromMenu('Run Doctor');
  await workbench.panel.getByText('qwen.provider is set to embedded.').waitFor();
  await workbench.picture('doctor');
});

test('the model is chosen among those that are served', async (context) => {
  const endpoint = await startEndpoint('a + b');
  context.after(() => endpoint.close());
  const workbench = await open(context, {
    environment: { OPENAI_BASE_URL: endpoint.baseUrl, OPENAI_API_KEY: 'sk-test' },
  });
  await workbench.statusItem.filter({ hasText: 'qwen2.5-coder-7b-instruct' }).waitFor();
  await workbench.chooseFromMenu('Choose Model');
  await workbench.choose('Ghost text');
  // The list before has that model in it as well, as the strong one.
  await workbench.page.locator('.quick-input-widget', { hasText: 'Which model?' }).waitFor();
  await workbench.choose('qwen3-coder-30b-a3b-instruct');
  await workbench.statusItem.filter({ hasText: 'qwen3-coder-30b-a3b-instruct' }).waitFor();
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
  await workbench.chooseFromMenu('Why No Suggestion?');
  await workbench.message('Qwen:').first().waitFor();
  await workbench.clearMessages();
  await workbench.runCommand('Qwen: Explain with Qwen');
  const message = workbench.message('The workspace is not trusted');
  await message.getByRole('button', { name: 'Manage Trust' }).waitFor();
  await workbench.picture('not-trusted');
  assert.equal(connections, 0);
});

async function open(context, options) {
  const workbench = await Workbench.open({ files: FILES, ...options });
  context.after(() => workbench.close());
  return workbench;
}
