import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';

/** Values that are no fair ones for anything. */
const TEXTS = [
  '',
  ' ',
  '-0',
  '-1',
  '1e309',
  '1e-400',
  'NaN',
  'Infinity',
  '0x10',
  '2147483648',
  '9007199254740993',
  '9'.repeat(400),
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '=cmd|x',
  '../../manifest.json',
  '<script>alert(1)</script>',
  '\u0000',
  '\u202e\ufeff',
  '\ud800',
  'é'.normalize('NFD').repeat(100),
  '👩‍👩‍👧‍👦'.repeat(30),
  'İıſK',
  'x'.repeat(5000),
];

export const hostileText = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));

const number = fc.oneof(
  fc.constantFrom(-0, -1, 0.1, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, Number.MAX_SAFE_INTEGER),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
);

export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  number,
  hostileText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(number, { maxLength: 20 }),
  fc.constant(JSON.parse('{"__proto__": {"movieId": 1}, "constructor": 1}')),
);

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Bodies that are no JSON, or JSON that no program wants. */
export const hostileBody: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    fc.constantFrom('', '{', '[', 'nul', '{"ratings":', '\ufeff{}', '{"a":1}{"a":2}', '{"k":1,"k":2}', deep(20_000)),
    fc.constantFrom('{"ratings":[{"movieId":1e999,"rating":5}]}', '{"ratings":[{"movieId":1,"rating":1e-999}]}'),
    hostileJson.map((value) => JSON.stringify(value)),
    hostileText,
    fc.uint8Array({ maxLength: 200 }),
  )
  .map((body) => (typeof body === 'string' ? new TextEncoder().encode(body) : body));

/** Headers that lie, or that belong to no request like this. */
export const hostileHeaders: fc.Arbitrary<Record<string, string>> = fc
  .array(
    fc.constantFrom<[string, string][]>(
      ['Content-Type', 'application/json; charset=utf-16'],
      ['Content-Type', 'text/csv'],
      ['Content-Type', 'multipart/form-data'],
      ['Content-Type', 'multipart/form-data; boundary='],
      ['Content-Type', '\u00ff'],
      ['Content-Encoding', 'gzip'],
      ['Content-Encoding', 'br'],
      ['Content-Encoding', 'gzip, gzip'],
      ['Accept', 'text/html;q=nan'],
      ['Accept-Encoding', 'gzip;q=0'],
      ['Accept-Encoding', '*'],
      ['If-None-Match', '*'],
      ['If-None-Match', '"",W/"",'],
      ['Range', 'bytes=5-1'],
      ['Cookie', 'marquee_session=1.x; marquee_session=%E0%A4%A'],
      ['Cookie', `marquee_session=${'9'.repeat(3000)}`],
      ['Authorization', 'Bearer'],
      ['Authorization', 'Basic OjpAQA=='],
      ['Authorization', `Bearer ${'\u00e9'.repeat(40)}`],
      ['Origin', 'null'],
      ['Sec-Fetch-Site', 'cross-site'],
      ['CF-Connecting-IP', ':::'],
      ['X-HTTP-Method-Override', 'DELETE'],
    ),
    { maxLength: 3 },
  )
  .map((headers) => Object.fromEntries(headers));

const LINES = [
  'userId,movieId,rating,timestamp',
  'Name,Year,Rating',
  'Date,Name,Year,Letterboxd URI,Rating',
  'Const,Your Rating,Date Rated,Title,Title Type,Year',
  '1,2,4.5,1000000000',
  '1,8,3,1000000000',
  '1::5::5::978300760',
  '1,5,9,9999999999999999',
  '1,5,NaN,1e99',
  ',,,',
  '"unclosed',
  '"a""b,\n",1,2,3',
  'Amber,1999,5',
  '=HYPERLINK("x"),1999,5',
  '2020-99-99,Amber,1999,u,4',
  'tt0000001,11,2020-01-01,Amber,Movie,1999',
  '\u0000\ufeff',
];

const csv = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...LINES) }, hostileText), { maxLength: 30 })
  .chain((lines) =>
    fc.constantFrom('\n', '\r\n', '\r', '\u2028').map((end) => new TextEncoder().encode(lines.join(end))),
  );

const NAMES = [
  'ratings.csv',
  'export/ratings.csv',
  'watchlist.csv',
  'likes/films.csv',
  '../../ratings.csv',
  '/etc/ratings.csv',
  '__MACOSX/ratings.csv',
  'ratings.csv/',
  'C:\\ratings.csv',
  '\u0000ratings.csv',
  'x'.repeat(3000),
];

/** Some 16 MB of one line, which pack into some 20 KB. */
const BOMB = new TextEncoder().encode('1,1,4.5,1000000000\n'.repeat(900_000));
const BOMBS = [gzipSync(BOMB), zipSync({ 'ratings.csv': BOMB }), gzipSync(gzipSync(BOMB))].map(
  (b) => new Uint8Array(b),
);

const zip = fc
  .dictionary(fc.constantFrom(...NAMES), csv, { maxKeys: 4 })
  .map((files) => zipSync(files, { level: 1 }) as Uint8Array);

/** A file as it came, cut off, or with bytes that changed: sizes, names and offsets of a ZIP among them. */
const damagedFile = fc
  .tuple(
    fc.oneof(
      csv,
      zip,
      csv.map((text) => new Uint8Array(gzipSync(text))),
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.option(fc.nat()),
  )
  .map(([file, changes, end]) => {
    const bytes = new Uint8Array(file);
    if (bytes.length === 0) return bytes;
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return end === null ? bytes : bytes.slice(0, end % bytes.length);
  });

/** What may come to `POST /import`. */
export const hostileFile: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constant(new TextEncoder().encode(`${LINES[0]}\n1,2,4.5,1000000000\n1,8,3,1000000000\n`)),
  },
  { weight: 8, arbitrary: csv },
  { weight: 8, arbitrary: zip },
  { weight: 16, arbitrary: damagedFile },
  { weight: 1, arbitrary: fc.constantFrom(...BOMBS) },
);
