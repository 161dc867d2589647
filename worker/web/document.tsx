import { renderToString } from 'preact-render-to-string';
import type { Assets } from './assets.ts';
import { App } from './parts/app.tsx';
import type { State } from './state/state.ts';
import { titleOf } from './state/title-of.ts';

/** The whole document for a state. The state stands in it too, so that the browser goes on where the Worker stopped. */
export function documentOf(state: State, { script, style }: Assets): string {
  const title = titleOf(state);
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="theme-color" content="#221a14">',
    '<meta name="description" content="Rate a few films and see what to watch next.">',
    `<meta property="og:title" content="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
    `<link rel="stylesheet" href="${style}">`,
    `<script type="module" src="${script}"></script>`,
  ];
  const page = renderToString(<App state={state} />);
  const data = JSON.stringify(state).replaceAll('<', '\\u003c');
  return `<!doctype html><html lang="en"><head>${head.join('')}</head><body><div id="page">${page}</div><script type="application/json" id="state">${data}</script></body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
