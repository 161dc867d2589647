import { Scalar } from '@scalar/hono-api-reference';
import { Hono, type MiddlewareHandler } from 'hono';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from '../http/app-env.ts';
import assets from '../web/assets.json';

type DocsEnv = AppEnv & { Variables: SecureHeadersVariables };

/**
 * Scripts run by their nonce alone: Scalar's bundle, which scripts/build.ts copies into worker/public, the line that
 * starts it, and `web/browser/docs.ts`. Styles must be allowed inline: the bundle makes style elements without a nonce,
 * some of them with contents known only at run time, and style attributes. Nothing is loaded from, or sent to, another
 * site.
 */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: [NONCE],
  styleSrc: ["'unsafe-inline'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Colours that stand out from their background at least 4.5 to 1, as WCAG 2 asks; Scalar's own do not. */
const COLOURS = `
.light-mode {
  --scalar-color-2: #595959;
  --scalar-color-3: #636363;
  --scalar-color-blue: #005fa3;
  --scalar-color-green: #006b45;
  --scalar-color-orange: #a83500;
  --scalar-color-red: #b80000;
}
.dark-mode {
  --scalar-color-3: #949494;
  --scalar-color-red: #ff6b6b;
}`;

/**
 * Leaves out buttons that stand within a button or an option, where keys and screen readers do not tell the two apart: one
 * copies the link to a schema, one deletes a way to sign in. What is drawn on hovering does not make a phone's page wider.
 */
const MENDED_STYLE = `
.scalar-app .collapsible-section-trigger button, .scalar-app [role="option"] button { display: none; }
.references-rendered { overflow-x: clip; }`;

/** The way back to the page, which Scalar leaves room for. */
const HOME =
  '<nav id="home" aria-label="Marquee"><a href="/"><span aria-hidden="true">← </span>Marquee: to the films</a></nav>';
const HOME_STYLE = `
:root { --scalar-custom-header-height: 2.75rem; }
#home { position: sticky; top: 0; z-index: 100; display: flex; align-items: center; height: 2.75rem; padding: 0 1.25rem;
  background: #221a14; font: 0.875rem system-ui, sans-serif; }
#home a { color: #ffc145; }`;

const reference = Scalar<DocsEnv>((c) => ({
  pageTitle: 'Marquee API',
  url: '/openapi.json',
  cdn: '/scalar.js',
  nonce: c.get('secureHeadersNonce'),
  favicon: '/favicon.svg',
  theme: 'default',
  customCss: COLOURS,
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
}));

/** Says the page's language, for screen readers, which Scalar's page does not, mends its markup for them, and leads back. */
const framed: MiddlewareHandler<DocsEnv> = async (c, next) => {
  await next();
  const mends = `<script type="module" src="${assets.docs}" nonce="${c.get('secureHeadersNonce')}"></script>`;
  c.res = new HTMLRewriter()
    .on('html', { element: (html) => void html.setAttribute('lang', 'en') })
    .on('head', { element: (head) => void head.append(`<style>${HOME_STYLE}${MENDED_STYLE}</style>`, { html: true }) })
    .on('body', { element: (body) => void body.prepend(HOME, { html: true }).append(mends, { html: true }) })
    .transform(c.res);
};

/** The API's reference, made of openapi.json in the browser. */
export const docs = new Hono<DocsEnv>().get(
  '/docs',
  secureHeaders({ contentSecurityPolicy, strictTransportSecurity: false }),
  framed,
  reference,
);
