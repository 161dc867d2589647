import type { Assets } from './assets.ts';

/** No script or style but the page's own files, and nothing from or to another site. Forms filter without scripts. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export type Files = Pick<Assets, 'script' | 'style' | 'parts'>;

interface Content {
  readonly title: string;
  /** HTML of the page. */
  readonly page: string;
  /** With what the browser goes on; null: with what it kept. */
  readonly state: unknown;
  /** Whether search engines shall leave it out. */
  readonly hidden?: boolean;
  /** Stylesheets besides the page's. */
  readonly styles?: readonly string[];
}

/** The document around the page. */
export function frameOf({ title, page, state, hidden, styles = [] }: Content, { script, style, parts }: Files): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="theme-color" content="#221a14">',
    '<meta name="description" content="Rate a few films and see what to watch next.">',
    `<meta property="og:title" content="${escaped(title)}">`,
    ...(hidden ? ['<meta name="robots" content="noindex">'] : []),
    `<title>${escaped(title)}</title>`,
    '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
    '<link rel="manifest" href="/manifest.webmanifest">',
    '<link rel="apple-touch-icon" href="/icons/touch.png">',
    ...[style, ...styles].map((href) => `<link rel="stylesheet" href="${href}">`),
    `<script type="module" src="${script}"></script>`,
    ...parts.map((part) => `<link rel="modulepreload" href="${part}">`),
  ];
  const data = JSON.stringify(state).replaceAll('<', '\\u003c');
  return `<!doctype html><html lang="en"><head>${head.join('')}</head><body><div id="page">${page}</div><script type="application/json" id="state">${data}</script></body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
