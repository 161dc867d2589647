import { describe, expect, it } from 'vitest';
import { startApp } from '../app.ts';

const app = startApp();

/** The page, and the nonce of its policy. */
async function docs() {
  const { status, headers, text } = await app.page('/docs');
  const policy = headers.get('Content-Security-Policy')!;
  return { status, text, policy, nonce: /script-src 'nonce-([^']+)'/.exec(policy)?.[1] };
}

describe('GET /docs', () => {
  it('GET /docs is an English page that loads the reference from this server', async () => {
    const { status, text } = await docs();
    expect(status).toBe(200);
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('<script src="/scalar.js"');
    expect(text).toContain('"url": "/openapi.json"');
    expect(text).not.toMatch(/https?:/);
  });

  it('GET /docs runs scripts by a nonce that each request has its own of, and connects to this server alone', async () => {
    const [first, second] = [await docs(), await docs()];
    expect(first.nonce).toMatch(/^\S{20,}$/);
    expect(first.nonce).not.toBe(second.nonce);
    const nonces = [...first.text.matchAll(/<script[^>]*>/g)].map(([tag]) => /nonce="([^"]+)"/.exec(tag)?.[1]);
    expect(nonces).toEqual([first.nonce, first.nonce, first.nonce]);
    expect(first.policy.replace(first.nonce!, '…').split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'nonce-…'",
      "style-src 'unsafe-inline'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it('GET /docs switches off whatever would ask, or send to, another site', async () => {
    const { text } = await docs();
    for (const setting of ['"withDefaultFonts": false', '"telemetry": false', '"hideClientButton": true']) {
      expect(text).toContain(setting);
    }
    expect(text).toMatch(/"agent": \{\s*"disabled": true\s*\}/);
    expect(text).not.toContain('proxyUrl');
  });
});
