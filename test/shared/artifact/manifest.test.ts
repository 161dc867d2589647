import { describe, expect, it } from 'vitest';
import { fileEntry, parseCurrent, parseManifest, sha256Hex, verifyFile } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { loadFixture } from '../../fixtures/model.ts';

const { files } = await loadFixture();
const text = new TextDecoder().decode(files.get(FILES.manifest));

function changed(change: object): string {
  return JSON.stringify({ ...JSON.parse(text), ...change });
}

describe('parseManifest', () => {
  it('parseManifest reads what the trainer writes', () => {
    expect(parseManifest(text)).toEqual(JSON.parse(text));
    const through = { link: 'sigmoid', range: { min: 0, max: 5.5 } };
    expect(parseManifest(changed(through))).toEqual({ ...JSON.parse(text), ...through });
  });

  it.each([
    ['text', 'hello', /not JSON/],
    ['a later format, whatever else it holds', '{"formatVersion": 5}', /got formatVersion 5, expected 3 or 4/],
    ['no format', '{}', /formatVersion/],
    ['a version that does not sort by time', changed({ version: 'latest' }), /a version looks like/],
    ['no tau', changed({ tau: undefined }), /tau/],
    ['a tau of nothing', changed({ tau: 0 }), /tau/],
    ['a blend above one', changed({ blend: 1.1 }), /blend/],
    ['a link that this release does not know', changed({ link: 'probit' }), /link/],
    ['a sigmoid of no range', changed({ link: 'sigmoid' }), /a range belongs to the link sigmoid/],
    ['a range without a sigmoid', changed({ range: { min: 0, max: 5.5 } }), /and to no other/],
    ['no files', changed({ files: [] }), /lists no movies.arrow/],
  ])('parseManifest refuses %s', (_, broken, reason) => {
    expect(() => parseManifest(broken)).toThrow(expect.objectContaining({ code: 'bad-artifact' }));
    expect(() => parseManifest(broken)).toThrow(reason);
  });
});

describe('parseCurrent', () => {
  it('parseCurrent reads the pointer', () => {
    const pointer = { version: '20260101T000000Z-a', previous: null, publishedAt: '2026-01-01T00:00:00Z' };
    expect(parseCurrent(JSON.stringify(pointer))).toEqual(pointer);
    expect(() => parseCurrent(JSON.stringify({ ...pointer, version: '../secrets' }))).toThrow(/current.json/);
  });
});

describe('verifyFile', () => {
  const bytes = new TextEncoder().encode('abc');
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'; // FIPS 180-2, appendix B.1
  const entry = { name: 'f.arrow', bytes: 3, sha256, rows: 1 };

  it('verifyFile computes SHA-256', async () => {
    expect(await sha256Hex(bytes)).toBe(sha256);
    await expect(verifyFile(bytes, entry)).resolves.toBeUndefined();
  });

  it('verifyFile names the size before the hash, with got and expected', async () => {
    await expect(verifyFile(bytes.slice(1), entry)).rejects.toThrow('f.arrow: got 2 bytes, expected 3');
    await expect(verifyFile(new Uint8Array(3), entry)).rejects.toThrow(/got sha256 .*expected ba7816bf/);
  });
});

describe('fileEntry', () => {
  it('fileEntry throws for a file that is not listed', () => {
    const manifest = parseManifest(text);
    expect(fileEntry(manifest, FILES.movies).rows).toBe(200);
    expect(() => fileEntry(manifest, 'neural.onnx')).toThrow(/lists no neural.onnx/);
  });
});
