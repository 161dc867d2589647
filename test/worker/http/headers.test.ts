import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { PATHS } from '../../../worker/web/state/address.ts';
import { fixtureManifest, publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const version = '20260104T000000Z-reported';
const files = [...fixtureManifest().files, { name: FILES.report, bytes: 9, sha256: '0'.repeat(64), rows: 1 }];
await publishFixture(env.MODELS, version, { manifest: { files }, damage: { [FILES.report]: '<p>So</p>' } });

const app = startApp();
const { body: document } = await app.get('/openapi.json');
const { headers: session } = await startSession(app);

/** Every path of the document, with something in the place of each parameter. */
const paths: string[] = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, '2'));
const HTML = [...Object.values(PATHS), '/film/2', '/docs', '/report'];

describe('headers', () => {
  it.each([
    ['nobody', {}],
    ['a session', session],
    ['a token', TOKEN],
  ])('every route tells browsers not to guess a type, and caches nothing unasked, for %s', async (_, headers) => {
    for (const path of [...paths, ...HTML, '/nothing']) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
        if (path === '/session' && method === 'DELETE') continue; // the others need somebody
        const answer = await app.raw(method, path, headers);
        expect(answer.headers.get('X-Content-Type-Options'), `${method} ${path}`).toBe('nosniff');
        expect(answer.headers.get('Cache-Control'), `${method} ${path}`).toMatch(
          /^(no-store|public, (no-cache|max-age=\d+))/,
        );
      }
    }
  });

  it.each(HTML)('%s is HTML that runs nothing of others, stands in no frame and sends no referrer', async (path) => {
    const { status, headers } = await app.page(path);
    expect([status, headers.get('Content-Type')?.slice(0, 9)]).toEqual([200, 'text/html']);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("base-uri 'none'");
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
  });
});
