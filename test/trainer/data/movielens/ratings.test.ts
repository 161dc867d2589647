import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPairs, readRatings } from '../../../../trainer/data/movielens/ratings.ts';
import { errorOf, type Row, rowsOf, temporaryFolder, writeTemporary } from '../files.ts';

const ROWS: readonly Row[] = [
  [3, 50, 3.5, 978300019],
  [1, 7, 5, 978300020],
  [3, 2, 0.5, 978300021],
  [2147483647, 0, 4, 0],
];

const HEADER = 'userId,movieId,rating,timestamp';
const csv = (rows: readonly Row[], end = '\n') => [HEADER, ...rows.map((row) => row.join(','))].join(end) + end;

/** The same rows in every layout. */
const LAYOUTS: readonly (readonly [string, string])[] = [
  ['u.data', ROWS.map((row) => `${row.join('\t')}\n`).join('')],
  ['u1.base', ROWS.map((row) => row.join('\t')).join('\n')],
  ['ratings.dat', ROWS.map((row) => `${row.join('::')}\n`).join('')],
  ['ratings.csv', csv(ROWS)],
  ['crlf.csv', csv(ROWS, '\r\n')],
  ['blank-lines.csv', `${csv(ROWS)}\n\n`],
  ['byte-order-mark.csv', `\uFEFF${csv(ROWS)}`],
  ['no-header.csv', ROWS.map((row) => row.join(',')).join('\n')],
  ['quoted.csv', `"userId","movieId","rating","timestamp"\n${ROWS.map((row) => `"${row.join('","')}"`).join('\n')}`],
  [
    'other-order.csv',
    `rating,timestamp,user_id,movie_id\n${ROWS.map(([u, m, r, t]) => `${r},${t},${u},${m}\n`).join('')}`,
  ],
  ['more-columns.csv', `title,${HEADER},tag\n${ROWS.map((row) => `"Matrix, The",${row.join(',')},"a,b"\n`).join('')}`],
  ['empty-fields.csv', `${HEADER}\n${ROWS.map((row) => `${row.join(',')},,\n`).join('')}`],
  ['header-again.csv', `${csv(ROWS.slice(0, 2))}${csv(ROWS.slice(2))}`],
  ['header-again-after-a-mark.csv', `${csv(ROWS.slice(0, 2))}\uFEFF${csv(ROWS.slice(2))}`],
  ['with-decimals.csv', `${HEADER}\n${ROWS.map(([u, m, r, t]) => `${u}, ${m}, ${r.toFixed(2)}, ${t}.0\n`).join('')}`],
];

describe('readRatings', () => {
  describe.each(LAYOUTS)('of %s', (name, content) => {
    it('readRatings reads the rows in the order of the file', async () => {
      expect(rowsOf(await readRatings(await writeTemporary(name, content)))).toEqual(ROWS);
    });

    it('readRatings reads the same rows gzipped', async () => {
      expect(rowsOf(await readRatings(await writeTemporary(`${name}.gz`, content)))).toEqual(ROWS);
    });

    it.each([1, 2, 3, 5, 7, 16])(
      'readRatings reads the same rows in chunks of %i bytes, which cut through them',
      async (chunkBytes) => {
        expect(rowsOf(await readRatings(await writeTemporary(name, content), { chunkBytes }))).toEqual(ROWS);
      },
    );
  });

  it('readRatings gives 0 as the timestamp where the file has no such column or an empty field', async () => {
    const bare = await readRatings(await writeTemporary('bare.csv', 'userId,movieId,rating\n1,2,3.5\n'));
    const empty = await readRatings(await writeTemporary('empty.csv', `${HEADER}\n1,2,3.5,\n`));
    expect(rowsOf(bare)).toEqual([[1, 2, 3.5, 0]]);
    expect(rowsOf(empty)).toEqual([[1, 2, 3.5, 0]]);
  });

  it('readRatings detects gzip by content, not by name', async () => {
    const path = await writeTemporary('packed.csv', gzipSync(csv(ROWS)));
    expect(rowsOf(await readRatings(path))).toEqual(ROWS);
  });

  it('readRatings reads back any rows that were written, in all layouts, line ends and chunk sizes', async () => {
    const folder = await temporaryFolder();
    const id = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    const row = fc.tuple(
      id,
      id,
      fc.integer({ min: 1, max: 10 }).map((n) => n / 2),
      fc.integer({ min: 0, max: 1e11 - 1 }),
    );
    const rows = fc.uniqueArray(row, { minLength: 1, maxLength: 60, selector: ([u, m]) => `${u}:${m}` });
    const style = fc.record({
      separator: fc.constantFrom(',', '\t', '::'),
      end: fc.constantFrom('\n', '\r\n'),
      chunkBytes: fc.integer({ min: 1, max: 200 }),
      name: fc.constantFrom('rows', 'rows.gz'),
    });
    const roundTrip = async (
      written: Row[],
      { separator, end, chunkBytes, name }: { [K in 'separator' | 'end' | 'name']: string } & { chunkBytes: number },
    ) => {
      const path = await writeTemporary(name, written.map((fields) => fields.join(separator)).join(end), folder);
      expect(rowsOf(await readRatings(path, { chunkBytes }))).toEqual(written);
    };
    await fc.assert(fc.asyncProperty(rows, style, roundTrip), { numRuns: 60, seed: 7 });
  });

  it('readRatings reads a file longer than one segment of its columns', async () => {
    const rows = Array.from({ length: 70_000 }, (_, n): Row => [n % 700, Math.floor(n / 700), (n % 10) / 2 + 0.5, n]);
    const ratings = await readRatings(await writeTemporary('long.csv.gz', csv(rows)));
    expect(ratings.count).toBe(70_000);
    expect(rowsOf(ratings).at(-1)).toEqual([699, 99, 5, 69_999]);
    expect(rowsOf(ratings)[65_536]).toEqual(rows[65_536]);
  });
});

describe('duplicates of (user, movie)', () => {
  const read = async (rows: readonly Row[]) => rowsOf(await readRatings(await writeTemporary('r.csv', csv(rows))));

  it('of duplicates the row with the latest timestamp stays, in its place', async () => {
    expect(
      await read([
        [1, 2, 1, 300],
        [9, 9, 4, 5],
        [1, 2, 2, 100],
        [1, 2, 3, 200],
      ]),
    ).toEqual([
      [1, 2, 1, 300],
      [9, 9, 4, 5],
    ]);
    expect(
      await read([
        [1, 2, 1, 100],
        [9, 9, 4, 5],
        [1, 2, 2, 300],
        [3, 3, 3, 6],
      ]),
    ).toEqual([
      [9, 9, 4, 5],
      [1, 2, 2, 300],
      [3, 3, 3, 6],
    ]);
  });

  it('of duplicates with equal timestamps the later row stays', async () => {
    expect(
      await read([
        [1, 2, 1, 0],
        [9, 9, 4, 5],
        [1, 2, 2, 0],
      ]),
    ).toEqual([
      [9, 9, 4, 5],
      [1, 2, 2, 0],
    ]);
  });

  it('duplicates are found among ids of any size', async () => {
    const big = 2 ** 31 - 1;
    expect(
      await read([
        [big, 5, 1, 1],
        [5, big, 2, 1],
        [big, 5, 3, 2],
        [5, big, 4, 2],
      ]),
    ).toEqual([
      [big, 5, 3, 2],
      [5, big, 4, 2],
    ]);
  });

  it('duplicates are resolved as a plain map would resolve them', async () => {
    const folder = await temporaryFolder();
    const small = fc.integer({ min: 0, max: 6 });
    const row = fc.tuple(small, small, fc.constant(3), fc.integer({ min: 0, max: 3 }));
    const check = async (rows: Row[]) => {
      const winners = new Map<string, number>();
      rows.forEach(([u, m, , t], n) => {
        const best = winners.get(`${u}:${m}`);
        if (best === undefined || t >= rows[best][3]) {
          winners.set(`${u}:${m}`, n);
        }
      });
      const expected = [...winners.values()].sort((a, b) => a - b).map((n) => rows[n]);
      expect(rowsOf(await readRatings(await writeTemporary('r.csv', csv(rows), folder)))).toEqual(expected);
    };
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 80 }), check), { numRuns: 60, seed: 8 });
  });
});

describe('what cannot be read', () => {
  const fail = async (content: string, name = 'r.csv') => errorOf(readRatings(await writeTemporary(name, content)));

  it.each([
    ['1,x,3,4', 'a movieId, an integer from 0 to 2147483647'],
    ['1.5,2,3,4', 'a userId, an integer from 0 to 2147483647'],
    ['-1,2,3,4', 'a userId, an integer from 0 to 2147483647'],
    ['1,2147483648,3,4', 'a movieId, an integer from 0 to 2147483647'],
    ['1,2,good,4', 'a rating in stars, as in 3.5'],
    ['1,2,,4', 'a rating in stars, as in 3.5'],
    ['1,2,3.5.5,4', 'a rating in stars, as in 3.5'],
    ['1,2', 'a rating in stars, as in 3.5'],
    ['1,2,3', 'a timestamp in seconds since 1970, until the year 9999'],
    ['1,2,3,yesterday', 'a timestamp in seconds since 1970, until the year 9999'],
    ['1,2,3,4,5', 'the end of the line after 4 columns'],
  ])('the row "%s" is refused with its line, what was found and what was expected', async (row, expected) => {
    const error = await fail(`${HEADER}\r\n1,2,3,4\r\n\r\n${row}\r\n5,6,7,8\r\n`);
    expect(error.code).toBe('bad-row');
    expect(error.message).toMatch(/r\.csv:4: /);
    expect(error.message).toContain(`got ${JSON.stringify(row)}, expected ${expected}`);
    expect(error.details).toMatchObject({ line: 4, got: row, expected });
  });

  it('a long row is shortened in the message', async () => {
    const error = await fail(`${HEADER}\n1,2,3,${'x'.repeat(500)}\n`);
    expect(error.message).toContain(`1,2,3,${'x'.repeat(54)}…`);
    expect(error.message.length).toBeLessThan(300);
  });

  it.each([
    ['movieId,title,genres\n1,A,B\n', 'r.csv:1: got "movieId,title,genres"'],
    ['userId,movieId,timestamp\n1,2,3\n', 'r.csv:1: got "userId,movieId,timestamp"'],
    ['userId,movieId,rating,rating\n1,2,3,4\n', 'r.csv:1: got "userId,movieId,rating,rating"'],
    ['1|2|3|4\n', 'r.csv:1: got "1|2|3|4"'],
    ['1,2,3,4,5\n', 'r.csv:1: got "1,2,3,4,5"'],
    ['\n\n1\t2\n', 'r.csv:3: got "1\\t2"'],
  ])('a first line without a known layout is refused (%j)', async (content, message) => {
    const error = await fail(content);
    expect(error.code).toBe('bad-row');
    expect(error.message).toContain(message);
    expect(error.message).toContain('a header naming userId, movieId, rating and perhaps timestamp, or a row of them');
  });

  it('ratings off the half-star scale are counted through the whole file, then refused', async () => {
    const error = await fail(`${HEADER}\n1,1,3,4\n1,2,3.3,4\n1,3,0,4\n1,4,5.5,4\n1,5,-1,4\n1,6,5,4\n`);
    expect(error.code).toBe('bad-rating');
    expect(error.message).toContain('4 ratings are off the scale, first at line 3: got "1,2,3.3,4"');
    expect(error.message).toContain('expected 0.5 to 5 in half stars');
    expect(error.details).toMatchObject({ count: 4, line: 3 });
  });

  it('a malformed row is reported rather than ratings off the scale', async () => {
    expect((await fail('1,2,9\n1,x,3\n')).code).toBe('bad-row');
  });

  it.each([
    ['', 'r.csv'],
    ['\n\n', 'r.csv'],
    [`${HEADER}\n`, 'r.csv'],
    ['', 'r.csv.gz'],
  ])('a file without a row is refused (%j in %s)', async (content, name) => {
    const error = await fail(content, name);
    expect(error.code).toBe('bad-data');
    expect(error.message).toContain(`${name}: got no row, expected at least one`);
  });

  it('a missing file is named', async () => {
    const error = await errorOf(readRatings('/no/such/ratings.csv'));
    expect(error.code).toBe('not-found');
    expect(error.message).toBe('/no/such/ratings.csv: no such file');
  });

  it('a truncated gzip file is refused', async () => {
    const half = gzipSync(csv(ROWS)).subarray(0, 60);
    const error = await errorOf(readRatings(await writeTemporary('cut.csv', half)));
    expect(error.code).toBe('bad-data');
    expect(error.fix).toContain('gzip');
  });

  it('a file without line ends is refused before it fills the memory', async () => {
    const error = await fail('7'.repeat(3 << 20));
    expect(error.code).toBe('bad-data');
    expect(error.message).toContain('got a line of more than 1048576 bytes');
  });
});

describe('readPairs', () => {
  it.each([
    ['userId,movieId\n3,50\n1,7\n3,50\n'],
    ['movieId,userId,rating\n50,3,4\n7,1,\n50,3,99\n'],
    ['3::50::4::978300019\n1::7::3::0\n3::50::x::y\n'],
    ['3\t50\n1\t7\n3\t50'],
  ])('readPairs keeps every pair of %j in the order of the file, whatever the other columns hold', async (content) => {
    const pairs = await readPairs(await writeTemporary('pairs.csv', content));
    expect(pairs).toEqual({ count: 3, userIds: Int32Array.of(3, 1, 3), movieIds: Int32Array.of(50, 7, 50) });
  });

  it('readPairs names the columns that it needs', async () => {
    const error = await errorOf(readPairs(await writeTemporary('pairs.csv', 'user,movieId\n1,2\n')));
    expect(error.code).toBe('bad-row');
    expect(error.message).toContain('a header naming userId and movieId');
  });
});
