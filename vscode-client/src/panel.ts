import * as vscode from 'vscode';

import { escapeHtml, renderMarkdown } from './markdown';

/** Nothing is loaded and nothing runs: what is shown was written by a model. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

const STYLE = `
body { max-width: 48em; padding: 0 1.5em 2em; line-height: 1.55; overflow-wrap: break-word; }
h1 { font-size: 1.35em; font-weight: 600; }
h2, h3, h4 { font-size: 1.1em; font-weight: 600; }
.by { color: var(--vscode-descriptionForeground); margin-top: -0.6em; }
code { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
pre { background: var(--vscode-textCodeBlock-background); padding: 0.8em 1em; overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--vscode-panel-border); padding: 0.25em 0.6em; text-align: start; }
td { vertical-align: top; }
`;

/** A page to read beside the editor: explanations, and what the doctor finds. */
export class ReadingPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly icon: vscode.Uri) {}

  /** Shows a page in place of the last one. */
  show(title: string, by: string, markdown: string): void {
    const panel = this.panel ?? this.open();
    panel.title = title;
    panel.webview.html = makePage(title, by, markdown);
    panel.reveal(undefined, true);
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private open(): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel('qwen.reading', 'Qwen', place, {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: false,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    panel.iconPath = this.icon;
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    this.panel = panel;
    return panel;
  }
}

function makePage(title: string, by: string, markdown: string): string {
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${by ? `<p class="by">${escapeHtml(by)}</p>` : ''}
${renderMarkdown(markdown)}
</body>
</html>`;
}
