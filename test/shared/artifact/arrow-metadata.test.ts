import { describe, expect, it } from 'vitest';
import { tableOf } from '../../../shared/artifact/arrow-metadata.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { loadFixture } from '../../fixtures/model.ts';

const { files } = await loadFixture();
const ARROW = [FILES.movies, FILES.users, FILES.posterior, FILES.serving, FILES.next, FILES.profiles];

describe('tableOf', () => {
  it.each(ARROW)('reads %s, which is sound', (name) => {
    expect(tableOf(files.get(name)!).numRows).toBeGreaterThan(0);
  });

  it('refuses metadata that count more than there is, which would be collected until memory ends', () => {
    const profiles = files.get(FILES.profiles)!.slice();
    profiles[1725] ^= 1 << 1; // a field now has 2^25 entries of metadata
    expect(() => tableOf(profiles)).toThrow(RangeError);
  });

  it('refuses a file of a few bytes, and one whose end lies before its beginning', () => {
    const whole = files.get(FILES.profiles)!;
    for (const end of [11, 20, 100]) expect(() => tableOf(whole.slice(0, end))).toThrow();
    const far = whole.slice();
    new DataView(far.buffer).setInt32(far.length - 10, -5, true);
    expect(() => tableOf(far)).toThrow(RangeError);
  });
});
