import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../shared/artifact/schema.ts';
import { openArtifact, readArtifact } from '../../trainer/artifact/artifact.ts';
import { damageFiles } from './damage.ts';
import { damageVersions } from './damaged-versions.ts';
import { fuzz } from './fuzz.ts';
import { ALL_ON, FIXTURE, LOOKS_ALWAYS, withServer } from './server.ts';
import { Target } from './target.ts';

const VALIDATOR = '@seriousme/openapi-schema-validator';
const isInstalled = existsSync(join(import.meta.dirname, '../../node_modules', VALIDATOR));
if (!isInstalled) console.warn(`${VALIDATOR} is not installed: nothing else validates openapi.json`);

/** Which no program means to send, and the Worker once answered 500. */
const GET_WITH_BODY = {
  method: 'GET',
  path: '/import',
  caller: 'nobody',
  headers: { 'Content-Encoding': 'gzip' },
  body: new Uint8Array(20),
  operation: null,
} as const;

/** Operations that cannot answer well here, and why. */
const OUT_OF_REACH: Readonly<Record<string, string>> = {
  getPosterByMovieId: 'there is no TMDB_TOKEN',
  getNeural: 'the model has no network',
  getNeuralByVersion: 'the model has no network',
  getReport: 'the model has no report',
  postAdminRollback: 'there is no version before',
  putAdminUploadsByVersionByFilePiecesByPiece: 'it would have to be a piece of that file',
  postAdminUploadsByVersionByFile: 'its pieces would have to come first',
  postAdminUploadsByVersion: 'all files would have to come first, each under its name',
};

describe('npm run fuzz', () => {
  it('finds no failure in any operation, no answer that the document does not describe, and no garbage in D1', async () => {
    const { found, stored } = await withServer(async ({ url, secrets }) => {
      const target = await Target.open(url, secrets);
      const report = await fuzz(target, { requests: 600, seed: 1 });
      expect(await target.send(GET_WITH_BODY)).toMatchObject({ status: 405 });
      target.close();
      return { report, document: (await (await fetch(`${url}/openapi.json`)).json()) as Record<string, unknown> };
    }, ALL_ON);
    expect(found.report.failures).toEqual([]);
    expect(found.report.unreached.filter((operation) => !(operation in OUT_OF_REACH))).toEqual([]);
    expect(found.report.statuses[200]).toBeGreaterThan(100);
    expect(stored.garbage).toEqual([]);
    expect(stored.rows.rating).toBeGreaterThan(0);
    if (!isInstalled) return;
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const validator = new Validator();
    expect(await validator.validate(found.document)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('finds no damaged file that its hash does not tell, or that a decoder hangs on', async () => {
    const { files, refused, failures } = await damageFiles(FIXTURE, { seed: 1, count: 200 });
    expect(failures).toEqual([]);
    expect([files, refused > 0]).toEqual([200, true]);
  });

  it('finds no damaged version that the Worker answers from with other numbers', async () => {
    const artifact = await readArtifact(FIXTURE);
    const { found } = await withServer(
      (server) => damageVersions(server, artifact, { seed: 1, count: 60 }),
      LOOKS_ALWAYS,
    );
    expect(found.failures).toEqual([]);
    expect([found.versions, found.refused > 0]).toEqual([60, true]);
  });

  it('refuses lists that begin before their values, which would never end', async () => {
    const artifact = await readArtifact(FIXTURE);
    const profiles = artifact.files.get(FILES.profiles)!.slice();
    profiles[1003] ^= 0x80; // an offset becomes negative
    const damaged = { ...artifact, files: new Map([...artifact.files, [FILES.profiles, profiles]]) };
    expect(() => openArtifact(damaged)).toThrow('its lists do not lie within their values');
  });
});
