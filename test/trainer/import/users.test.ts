import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { usersChecksums } from '../../../shared/artifact/users-file.ts';
import { encodeUsers } from '../../../trainer/artifact/encode/users.ts';
import { UsersWriter } from '../../../trainer/artifact/users-writer.ts';
import { UserSorter } from '../../../trainer/import/user-sorter.ts';
import { random, STREAMS } from '../../../trainer/math/random.ts';
import { temporaryFolder } from '../data/files.ts';

/** Columns of the users [from, to), who rated as many movies as their last digit says. */
function columnsOf(from: number, to: number, K = 3, E = 4) {
  const rows = to - from;
  const values = (width: number) => Float32Array.from({ length: rows * width }, (_, at) => from * width + at);
  const ratedOffsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) ratedOffsets[row + 1] = ratedOffsets[row] + ((from + row) % 10);
  const N = ratedOffsets[rows];
  return {
    userIds: Int32Array.from({ length: rows }, (_, row) => 2 * (from + row)),
    biases: values(1),
    factors: values(K),
    relevance: values(E),
    ratedOffsets,
    ratedMovieIds: new Int32Array(N).fill(5),
    ratedHalfStars: new Uint8Array(N).fill(7),
    ratedTimes: new Uint32Array(N).fill(9),
  };
}

it.each([1, 64, 65, 200])('writes %d users batch by batch to the bytes of all at once', async (count) => {
  const path = join(await temporaryFolder(), 'users.arrow');
  const all = columnsOf(0, count);
  const writer = await UsersWriter.open(path, all.userIds);
  for (let from = 0; from < count; from += 64) await writer.write(columnsOf(from, Math.min(count, from + 64)));
  const { bytes, rows, checksums } = await writer.close();
  expect(rows).toBe(count);
  expect(checksums).toBe(usersChecksums(encodeUsers(all)));
  const written = await readFile(path);
  expect(written.length).toBe(bytes);
  expect(Buffer.compare(written, encodeUsers(all))).toBe(0);
});

it('refuses to end a file that lacks users', async () => {
  const writer = await UsersWriter.open(join(await temporaryFolder(), 'users.arrow'), Int32Array.of(1, 2));
  await expect(writer.close()).rejects.toThrow('got 0 users, expected 2');
});

it('sorts more users than one file takes, with all that they have', async () => {
  const count = 70_000;
  const { uniform } = random(1, STREAMS.synthetic);
  const ids = Int32Array.from({ length: count }, (_, k) => 5 * k);
  const shuffled = ids.slice();
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(uniform() * (k + 1));
    [shuffled[k], shuffled[other]] = [shuffled[other], shuffled[k]];
  }
  const sorter = new UserSorter(await temporaryFolder(), ids, 2);
  for (const userId of shuffled) {
    const movieIds = new Int32Array(userId % 3).fill(userId);
    const factors = Float32Array.of(userId, -userId);
    sorter.add({ userId, bias: 0.5 * userId, factors, movieIds, halfStars: movieIds, times: movieIds });
  }
  let row = 0;
  for (const { userId, bias, factors, movieIds, times } of sorter.sorted()) {
    const wanted = ids[row++];
    const sound =
      userId === wanted &&
      bias === 0.5 * wanted &&
      factors[1] === -wanted &&
      movieIds.length === wanted % 3 &&
      times.every((time) => time === wanted);
    if (!sound) throw new Error(`got user ${userId} with ${movieIds.length} ratings, expected ${wanted}`);
  }
  expect(row).toBe(count);
});
