import { describe, expect, it } from 'vitest';
import { footerOf, type RangeReader } from '../../../shared/artifact/arrow-file.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { openUsers, rangesOf, readAllUsers, readUser, usersChecksums } from '../../../shared/artifact/users-file.ts';
import { encodeUsers } from '../../../trainer/artifact/encode/users.ts';
import { userIdOf } from '../../fixtures/groups.ts';
import { loadFixture } from '../../fixtures/model.ts';

const { files, users, manifest } = await loadFixture();

/** `count` users, ids 2, 4, 6 …; user u rated u % 3 movies, at the times u, u + 1. */
function manyUsers(count: number, timed = true): { bytes: Uint8Array<ArrayBuffer>; listed: typeof manifest } {
  const row = Array.from({ length: count }, (_, u) => u);
  const rated = row.flatMap((u) =>
    Array.from({ length: u % 3 }, (_, j) => ({ movieId: u + j, halfStars: 1 + (u % 10), time: u + j })),
  );
  const offsets = new Int32Array(count + 1);
  for (const u of row) offsets[u + 1] = offsets[u] + (u % 3);
  const bytes = encodeUsers({
    userIds: Int32Array.from(row, (u) => 2 * (u + 1)),
    biases: Float32Array.from(row, (u) => u / 8),
    factors: Float32Array.from(row.flatMap((u) => [u, -u])),
    relevance: Float32Array.from(row.flatMap((u) => [u, 1, 2])),
    ratedOffsets: offsets,
    ratedMovieIds: Int32Array.from(rated, ({ movieId }) => movieId),
    ratedHalfStars: Uint8Array.from(rated, ({ halfStars }) => halfStars),
    ratedTimes: timed ? Uint32Array.from(rated, ({ time }) => time) : undefined,
  });
  const entry = { name: 'users.arrow', bytes: bytes.length, rows: count, sha256: '0'.repeat(64) };
  return { bytes, listed: { ...manifest, factors: 2, relevanceFactors: 3, files: [entry] } };
}

function counted(file: Uint8Array): { read: RangeReader; lengths: number[] } {
  const lengths: number[] = [];
  const read = rangesOf(file);
  return {
    lengths,
    read: async (offset, length) => {
      const bytes = await read(offset, length);
      lengths.push(bytes.length);
      return bytes;
    },
  };
}

describe('users.arrow', () => {
  it('users.arrow gives each user by one range read', async () => {
    const { read, lengths } = counted(users);
    const index = await openUsers(read, manifest);
    expect(index.firstUserIds).toEqual(Int32Array.of(userIdOf(0), userIdOf(64), userIdOf(128)));
    lengths.length = 0;
    for (const row of [0, 63, 64, 127, 128, 129]) {
      expect((await readUser(read, index, userIdOf(row)))?.userId).toBe(userIdOf(row));
    }
    expect(lengths).toHaveLength(6);
    expect(Math.max(...lengths)).toBeLessThan(users.length / 2);
  });

  it('users.arrow has no user below the first id, between two ids, or above the last', async () => {
    const index = await openUsers(rangesOf(users), manifest);
    for (const userId of [0, userIdOf(0) - 1, userIdOf(5) + 1, userIdOf(63) + 1, userIdOf(129) + 1]) {
      expect(await readUser(rangesOf(users), index, userId)).toBeNull();
    }
  });

  it('users.arrow gives the same users one by one and all at once', async () => {
    const index = await openUsers(rangesOf(users), manifest);
    for await (const user of readAllUsers(users, manifest)) {
      expect(await readUser(rangesOf(users), index, user.userId)).toEqual(user);
    }
  });

  it('users.arrow keeps every value, with a footer larger than the first read', async () => {
    const { bytes, listed } = manyUsers(64 * 600 + 7);
    const { read, lengths } = counted(bytes);
    const index = await openUsers(read, listed);
    expect(index.blocks).toHaveLength(601);
    expect(lengths).toHaveLength(2);
    for (const u of [0, 1, 2, 64 * 600 - 1, 64 * 600 + 6]) {
      const user = (await readUser(read, index, 2 * (u + 1)))!;
      expect(user).toMatchObject({ userId: 2 * (u + 1), bias: Math.fround(u / 8) });
      expect(Array.from(user.factors)).toEqual([u, -u]);
      expect(Array.from(user.relevance)).toEqual([u, 1, 2]);
      expect(Array.from(user.movieIds)).toEqual(Array.from({ length: u % 3 }, (_, j) => u + j));
      expect(Array.from(user.stars)).toEqual(Array(u % 3).fill((1 + (u % 10)) / 2));
      expect(Array.from(user.times)).toEqual(Array.from(user.movieIds));
    }
  });

  it('users.arrow of an earlier release has no times: they are 0, and all the rest is the same', async () => {
    const [timed, untimed] = [manyUsers(70), manyUsers(70, false)];
    expect(untimed.bytes.length).toBeLessThan(timed.bytes.length);
    const users = readAllUsers(timed.bytes, timed.listed);
    for await (const user of readAllUsers(untimed.bytes, untimed.listed)) {
      const { times, ...rest } = user;
      expect(Array.from(times)).toEqual(Array(user.movieIds.length).fill(0));
      expect((await users.next()).value).toMatchObject(rest);
    }
    expect((await users.next()).done).toBe(true);
  });

  it('users.arrow of a single user has one batch', async () => {
    const { bytes, listed } = manyUsers(1);
    const index = await openUsers(rangesOf(bytes), listed);
    expect(await readUser(rangesOf(bytes), index, 1)).toBeNull();
    expect((await readUser(rangesOf(bytes), index, 2))?.movieIds).toHaveLength(0);
  });

  it('users.arrow with any bit of a user changed is refused when that user is read', async () => {
    const { bytes, listed } = manyUsers(130);
    const [entry] = listed.files;
    const checked = { ...listed, files: [{ ...entry, checksums: usersChecksums(bytes) }] };
    const { blocks } = await openUsers(rangesOf(bytes), checked);
    const { offset, length } = blocks[1];
    for (let at = offset; at < offset + length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << (at % 8);
      const index = await openUsers(rangesOf(damaged), checked);
      expect((await readUser(rangesOf(damaged), index, 2))?.userId).toBe(2);
      await expect(readUser(rangesOf(damaged), index, 2 * 70)).rejects.toThrow('users.arrow: batch 1 has the checksum');
    }
  });

  it('users.arrow with any bit of its footer changed is refused when it is opened', async () => {
    const { bytes, listed } = manyUsers(130);
    const checked = { ...listed, files: [{ ...listed.files[0], checksums: usersChecksums(bytes) }] };
    for (let at = bytes.length - 10 - footerOf(bytes).length; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1 << (at % 8);
      await expect(openUsers(rangesOf(damaged), checked)).rejects.toMatchObject({ code: 'bad-artifact' });
    }
  });

  it('openUsers refuses what is no Arrow file, is cut off, or is another table', async () => {
    const open = (bytes: Uint8Array) => openUsers(rangesOf(bytes), manifest);
    await expect(open(new Uint8Array(0))).rejects.toThrow(/not an Arrow file/);
    await expect(open(users.subarray(0, users.length - 1))).rejects.toThrow(/not an Arrow file/);
    await expect(open(files.get(FILES.movies)!)).rejects.toThrow('its footer has the checksum');
    const unchecked = { ...manifest, files: manifest.files.map(({ checksums: _, ...entry }) => entry) };
    await expect(openUsers(rangesOf(files.get(FILES.movies)!), unchecked)).rejects.toThrow(/could not be read/);
    const wider = openUsers(rangesOf(users), { ...manifest, factors: manifest.factors + 1 });
    await expect(wider).rejects.toThrow(`users.arrow, factors: got vectors of ${manifest.factors}, expected`);
  });
});
