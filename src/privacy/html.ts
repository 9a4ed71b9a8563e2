import { createHash } from 'node:crypto';
import type { Response } from '../collect/door.ts';

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Markup[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup out of a template; whatever is put in is escaped unless it is {@link Markup} itself. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, index) => part + textOf(pieces[index] ?? '')).join(''));
}

function textOf(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(({ text }) => text).join('');
  return String(piece).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f4f6f8; --card: #fff; --line: #dbe1e8; --text: #17212b; --muted: #55626f; --accent: #0b62c4; --on-accent: #fff; --good: #146c3a }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1419; --card: #171e25; --line: #2b3641; --text: #e7ecf1; --muted: #9fadba; --accent: #6fb0fa; --on-accent: #0b1a2b; --good: #7fdba4 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 40rem; margin: 6vh auto 3rem; padding: 0 1rem }
section { margin: 1rem 0; padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 12px; background: var(--card) }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; letter-spacing: -.01em }
h2 { margin: 0 0 .5rem; font-size: 1.05rem }
p { margin: .5rem 0 }
.state { font-size: 1.15rem; font-weight: 600 }
.out { color: var(--good) }
.muted { color: var(--muted); font-size: .9rem }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .35rem 1.2rem; margin: 0 }
dt { color: var(--muted) }
dd { margin: 0; overflow-wrap: anywhere }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
a { color: var(--accent) }
.button { display: inline-block; margin-top: .5rem; padding: .55rem 1.1rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer }
.button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
`;

/** Our one style and nothing else: no script, nothing from elsewhere, in nobody's frame, forms to ourselves only. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A page that needs no script. @param more header names and values in turn. */
export function page(status: number, title: string, body: Markup, more: readonly string[] = []): Response {
  // The referrer policy of everything else here is "no-referrer", with which a form would send "Origin: null"
  // (Fetch, "append a request Origin header"), and nobody could tell our own form from another's.
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>
`;
  return {
    status,
    headers: [
      'Content-Type',
      'text/html; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(text)),
      'Cache-Control',
      'no-store',
      'Content-Security-Policy',
      POLICY,
      'Cross-Origin-Opener-Policy',
      'same-origin',
      ...more,
    ],
    body: text,
  };
}
