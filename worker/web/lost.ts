import type { Assets } from './assets.ts';

/** What a browser shows at an address where nothing stands: no script, and the ways to go on. */
export function lostPage({ style }: Pick<Assets, 'style'>): string {
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="robots" content="noindex">',
    '<title>Nothing here · Marquee</title>',
    '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
    `<link rel="stylesheet" href="${style}">`,
  ];
  return `<!doctype html><html lang="en"><head>${head.join('')}</head><body>${BODY}</body></html>`;
}

const BODY = `
<header class="sign">
  <h1><a href="/">Marquee</a></h1>
  <p>Rate a few films. See what to watch next.</p>
  <search class="search"><form action="/" method="get">
    <label class="visually-hidden" for="query">Find a film</label>
    <input id="query" type="search" name="q" placeholder="Find a film by its title">
  </form></search>
</header>
<main class="alone">
  <h2>Nothing stands at this address</h2>
  <p>It may be mistyped, or the link is old. Search for a film above, or begin with the list.</p>
  <p><a class="pill" href="/">To the films</a></p>
</main>`;
