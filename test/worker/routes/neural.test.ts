import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { fixtureManifest, publishFixture, startApp } from '../app.ts';

/** Any bytes will do. These are JSON, since `send` parses answers. */
const NETWORK = new TextEncoder().encode('[1]');
const VOCABULARY = new TextEncoder().encode(JSON.stringify({ userIds: [3, 5, 9], movieIds: [10, 30] }));

async function entry(name: string, bytes: Uint8Array) {
  return { name, bytes: bytes.length, sha256: await sha256Hex(new Uint8Array(bytes)), rows: 5 };
}

describe('a version with a neural network', () => {
  beforeEach(async () => {
    await env.MODELS.put(artifactKey(FIXTURE_VERSION, FILES.network), NETWORK);
    await env.MODELS.put(artifactKey(FIXTURE_VERSION, FILES.vocabulary), VOCABULARY);
    const added = [await entry(FILES.network, NETWORK), await entry(FILES.vocabulary, VOCABULARY)];
    await publishFixture(env.MODELS, FIXTURE_VERSION, { manifest: { files: [...fixtureManifest().files, ...added] } });
  });

  it('GET /neural says what the network’s rows stand for, and of the users only their number', async () => {
    const { body } = await startApp().get('/neural');
    expect(body).toEqual({ version: FIXTURE_VERSION, bytes: 3, users: 3, movieIds: [10, 30] });
  });

  it('GET /neural/:version gives the network of the version in service, and of no other', async () => {
    const app = startApp();
    const { status, body, headers } = await app.get(`/neural/${FIXTURE_VERSION}`);
    expect([status, body, headers.get('Content-Type')]).toEqual([200, [1], 'application/octet-stream']);
    expect((await app.get('/neural/20200101T000000Z-other')).body).toMatchObject({ status: 404, code: 'not-found' });
  });
});

it('a version without a network says so', async () => {
  await publishFixture(env.MODELS);
  const { status, body } = await startApp().get('/neural');
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: 'not-found', fix: expect.stringContaining('--model neural') });
});
