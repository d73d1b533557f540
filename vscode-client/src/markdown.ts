import MarkdownIt from 'markdown-it';

const SCHEMES = /^https?:\/\//i;

/**
 * Markdown that a model wrote, as HTML that can do no harm: no HTML of its own, no images, and no
 * links but those to web pages, which VS Code asks about before it opens them.
 */
export function renderMarkdown(text: string): string {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  markdown.disable('image');
  markdown.validateLink = (address) => SCHEMES.test(address.trim());
  return markdown.render(text);
}

/** Text as it stands, for HTML. */
export function escapeHtml(text: string): string {
  return new MarkdownIt().utils.escapeHtml(text);
}
