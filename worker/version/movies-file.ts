import type { Schema } from '@uwdata/flechette';
import {
  type ArrowBlock,
  type BatchBuffers,
  batchBuffers,
  blocksVector,
  bufferOwners,
  closeFile,
  recordBatchBlocks,
  tailLength,
  viewOf,
} from '../../shared/artifact/arrow-file.ts';
import { tableOf } from '../../shared/artifact/arrow-metadata.ts';
import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeCatalogue } from '../../shared/model/decode/catalogue.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { VECTOR_COLUMNS, type VectorColumn, type VectorWriter } from './vector-writer.ts';

/** Makes the writer that takes a file's vectors. */
type OpenWriter = (catalogue: Catalogue) => VectorWriter;

/**
 * Reads movies.arrow from front to back, in pieces of any size, so that the file is never whole in memory. The bytes
 * before the vectors are kept as an Arrow file with empty vector columns. The vectors go to a writer, or are skipped.
 * Throws `bad-artifact`, also for files whose vectors do not come last.
 */
export class MoviesFile {
  readonly #manifest: Manifest;
  readonly #footer: Uint8Array;
  readonly #batch: ArrowBlock;
  readonly #open: OpenWriter | undefined;
  /** Bytes from the file's start: first up to the end of the batch's metadata, later up to the first vector. */
  #kept: Uint8Array;
  #position = 0;
  #columns: VectorBytes[] | undefined;
  #catalogue: Catalogue | undefined;
  #writer: VectorWriter | undefined;

  /** @param footer of the file (`readFooter`) */
  constructor(manifest: Manifest, footer: Uint8Array, open?: OpenWriter) {
    this.#manifest = manifest;
    this.#footer = footer;
    this.#open = open;
    const blocks = recordBatchBlocks(footer);
    if (blocks.length !== 1) throw refused(`got ${blocks.length} record batches, expected 1`);
    [this.#batch] = blocks;
    this.#kept = new Uint8Array(this.#bodyStart);
  }

  /** Number of bytes from the file's start that hold all but the vectors, or a few more. */
  get bytesBeforeVectors(): number {
    const { offset, length } = this.#batch;
    const { rows: M } = fileEntry(this.#manifest, FILES.movies);
    const widths = widthsOf(this.#manifest);
    const vectors = VECTOR_COLUMNS.reduce((sum, name) => sum + 4 * M * widths[name], 0);
    return Math.max(this.#bodyStart, offset + length - vectors);
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#catalogue === undefined) {
      const part = bytes.subarray(at, at + this.#keepTo - this.#position);
      this.#kept.set(part, this.#position);
      this.#position += part.length;
      at += part.length;
      if (this.#position < this.#keepTo) return;
      if (this.#columns === undefined) this.#readHead();
      else this.#readCatalogue(this.#columns);
    }
    if (this.#writer === undefined) return;
    const [from, to] = [this.#position, this.#position + bytes.length - at];
    for (const { name, start, end } of this.#columns ?? []) {
      if (start >= to || end <= from) continue;
      this.#writer.write(name, bytes.subarray(at + Math.max(0, start - from), at + Math.min(to, end) - from));
    }
    this.#position = to;
  }

  /** The movies without their vectors. Throws `bad-artifact` when the file ended before them. */
  get catalogue(): Catalogue {
    if (this.#catalogue !== undefined) return this.#catalogue;
    throw refused(`it ends after ${this.#position} bytes, before its vectors`);
  }

  get #bodyStart(): number {
    return this.#batch.offset + this.#batch.metadataLength;
  }

  /** Where the kept bytes end. */
  get #keepTo(): number {
    return this.#columns?.[0].start ?? this.#bodyStart;
  }

  #readCatalogue(columns: VectorBytes[]): void {
    const catalogue = decodeCatalogue(this.#kept, this.#manifest);
    this.#columns = exactBytes(columns, catalogue.count, this.#manifest);
    this.#catalogue = catalogue;
    this.#writer = this.#open?.(catalogue);
  }

  /** Finds the vectors and makes them empty in the batch's metadata. */
  #readHead(): void {
    const head = this.#kept;
    const buffers = batchBuffers(head.subarray(this.#batch.offset));
    const { rows } = fileEntry(this.#manifest, FILES.movies);
    if (buffers.rows !== rows) throw refused(`got ${buffers.rows} rows, expected ${rows}`);
    const owners = bufferOwners(schemaOf(head, this.#footer));
    this.#columns = vectorBytes(this.#bodyStart, owners, buffers);
    const keepTo = this.#keepTo;
    for (let b = 0; b < buffers.count; b++) {
      const { offset, length } = buffers.at(b);
      if (this.#bodyStart + offset + length <= keepTo) continue;
      if (!isVector(owners[b])) throw refused(`the column ${owners[b]} comes after the vectors`);
      buffers.empty(b);
    }
    buffers.setBodyLength(keepTo - this.#bodyStart);
    this.#kept = new Uint8Array(keepTo + tailLength(this.#footer));
    this.#kept.set(head);
    closeFile(this.#kept, this.#footer);
  }
}

/** Where a column's numbers lie in the file. */
interface VectorBytes {
  readonly name: VectorColumn;
  readonly start: number;
  readonly end: number; // exclusive
}

function vectorBytes(bodyStart: number, owners: readonly string[], buffers: BatchBuffers): VectorBytes[] {
  const columns = VECTOR_COLUMNS.map((name) => {
    const b = owners.lastIndexOf(name); // after its validity
    if (b < 0) throw refused(`it lacks the column ${name}`);
    const { offset, length } = buffers.at(b);
    return { name, start: bodyStart + offset, end: bodyStart + offset + length };
  });
  columns.slice(1).forEach(({ name, start }, before) => {
    if (start < columns[before].end) throw refused(`the column ${name} begins before ${columns[before].name} ends`);
  });
  return columns;
}

/** The same columns without padding. Throws `bad-artifact` when one is too short. */
function exactBytes(columns: readonly VectorBytes[], M: number, manifest: Manifest) {
  const widths = widthsOf(manifest);
  return columns.map(({ name, start, end }) => {
    const bytes = 4 * M * widths[name];
    if (end - start < bytes) throw refused(`${name} has ${end - start} bytes, expected ${bytes}`);
    return { name, start, end: start + bytes };
  });
}

/** Numbers in a row of each vector column. */
function widthsOf({ factors: K, relevanceFactors: E, historyScales: S }: Manifest): Record<VectorColumn, number> {
  return { factors: K, relevance: E, history: S * E, prior: K + 1, factorVariance: K };
}

function isVector(column: string): boolean {
  return (VECTOR_COLUMNS as readonly string[]).includes(column);
}

/** Reads the schema from the footer. Flechette also needs the dictionaries, which come before the batch. */
function schemaOf(head: Uint8Array, footer: Uint8Array): Schema {
  const file = new Uint8Array(head.length + tailLength(footer));
  file.set(head);
  const ownFooter = closeFile(file, footer);
  viewOf(ownFooter).setUint32(blocksVector(ownFooter), 0, true);
  return tableOf(file).schema;
}

function refused(why: string): MarqueeError {
  return new MarqueeError('bad-artifact', `movies.arrow: ${why}`, { fix: 'Publish the version again, or roll back.' });
}
