/** A file of a ZIP, still packed. */
export interface ZipEntry {
  /** With its folders, "/" between them. */
  readonly name: string;
  /** Whether it takes a password. */
  readonly isLocked: boolean;
  /** 0: as it is; 8: deflate. */
  readonly method: number;
  /** Of the unpacked bytes. */
  readonly crc: number;
  readonly packed: Uint8Array;
}

/** Signatures and lengths of the records of a ZIP (PKWARE, APPNOTE 4.3), little-endian. */
const [LOCAL, ENTRY, END, END64, LOCATOR64] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [LOCAL_BYTES, ENTRY_BYTES, END_BYTES, LOCATOR64_BYTES] = [30, 46, 22, 20];
/** Stands where a number takes 64 bits and is elsewhere. */
const [ELSEWHERE16, ELSEWHERE32] = [0xffff, 0xffffffff];
const ZIP64_FIELD = 1;

/**
 * The table of contents of a ZIP, ZIP64 included. It is read here because fflate's `unzipSync` tells neither whether a file
 * takes a password nor its checksum, and reserves the memory that a file claims to need.
 *
 * @throws `Error` where there is no table that can be read
 */
export function contentsOf(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    let { count, at } = tableOf(view);
    const entries: ZipEntry[] = [];
    for (; count > 0; count--) {
      if (view.getUint32(at, true) !== ENTRY) throw new RangeError('an entry begins elsewhere');
      entries.push(entryAt(view, at));
      const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
      at += ENTRY_BYTES + name + extra + comment;
    }
    return entries;
  } catch (cause) {
    throw new Error('it ends too early, or its table of contents is broken', { cause });
  }
}

/** How many entries there are, and where the first of the table is. */
function tableOf(view: DataView): { count: number; at: number } {
  let end = view.byteLength - END_BYTES;
  while (view.getUint32(end, true) !== END) end--;
  const [count, at] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (count !== ELSEWHERE16 && at !== ELSEWHERE32) return { count, at };
  const locator = end - LOCATOR64_BYTES;
  if (view.getUint32(locator, true) !== LOCATOR64) return { count, at };
  const end64 = whole64(view, locator + 8);
  if (view.getUint32(end64, true) !== END64) throw new RangeError('the table of ZIP64 is elsewhere');
  return { count: whole64(view, end64 + 32), at: whole64(view, end64 + 48) };
}

function entryAt(view: DataView, at: number): ZipEntry {
  const name = text(view, at + ENTRY_BYTES, view.getUint16(at + 28, true));
  const { size, start } = placeOf(view, at);
  if (view.getUint32(start, true) !== LOCAL) throw new RangeError('a file begins elsewhere');
  const from = start + LOCAL_BYTES + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (from + size > view.byteLength) throw new RangeError('a file ends behind the end');
  return {
    name: name.replaceAll('\\', '/'), // some programs of Windows write it so
    isLocked: (view.getUint16(at + 8, true) & 1) === 1,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: new Uint8Array(view.buffer, view.byteOffset + from, size),
  };
}

/** How many bytes an entry takes packed, and where its local header is. */
function placeOf(view: DataView, at: number): { size: number; start: number } {
  const [packed, unpacked, start] = [20, 24, 42].map((offset) => view.getUint32(at + offset, true));
  const [name, extra] = [28, 30].map((offset) => view.getUint16(at + offset, true));
  const fields = at + ENTRY_BYTES + name;
  for (let field = fields; field < fields + extra; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== ZIP64_FIELD) continue;
    const sizeAt = field + 4 + (unpacked === ELSEWHERE32 ? 8 : 0);
    const startAt = sizeAt + (packed === ELSEWHERE32 ? 8 : 0);
    return {
      size: packed === ELSEWHERE32 ? whole64(view, sizeAt) : packed,
      start: start === ELSEWHERE32 ? whole64(view, startAt) : start,
    };
  }
  return { size: packed, start };
}

function whole64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function text(view: DataView, at: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
}
