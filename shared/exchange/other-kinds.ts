import { MarqueeError } from '../errors.ts';

/** How files begin that people send by mistake, a byte a letter. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^%PDF/, 'a PDF'],
  [/^(\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP)/s, 'a picture'],
  [/^\xd0\xcf.\xe0\xa1\xb1/s, 'an Excel workbook or another office document'],
  [/^[^\t\n\r -~]\x8b/, 'gzipped twice'],
  [/^(7z\xbc\xaf|Rar!|BZh|\xfd7zXZ)/, 'packed in another way than ZIP and gzip'],
  [/^(PAR1|SQLite format)/, 'a database'],
  [/^{\\rtf/, 'a text document'],
  [/^<(!doctype )?html/i, 'a web page'],
  [/^<\?xml/, 'XML'],
  [/^[[{]\s*["{[]/, 'JSON'],
];

/** Throws `bad-data` where a file is no table, but of another kind that its first bytes tell. */
export function refuseOtherKinds(bytes: Uint8Array): void {
  const start = String.fromCharCode(...bytes.subarray(0, 64)).replace(/^(\xef\xbb\xbf)?\s*/, '');
  const kind = KINDS.find(([beginning]) => beginning.test(start));
  if (kind) throw notATable(kind[1]);
}

export function notATable(kind: string): MarqueeError {
  return new MarqueeError('bad-data', `the file is ${kind}, not a table`, {
    fix: 'Send it as CSV: Letterboxd’s ZIP or a file of it, IMDb’s ratings export, or MovieLens ratings.',
  });
}
