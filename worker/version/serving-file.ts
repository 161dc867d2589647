import { type ArrowBlock, batchBuffers, closeFile, recordBatchBlocks } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { FILES, ONE_SCALE_FORMAT } from '../../shared/artifact/schema.ts';
import { BLOCK, even, type PackedRows, PLAIN_COLUMNS } from '../../shared/artifact/serving-layout.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeServing } from '../../shared/model/decode/serving.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { Kernel } from '../wasm/kernel.ts';
import { MovieVectors, placeCatalogue } from '../wasm/movie-vectors.ts';
import type { RowArea, Stored, StoredPlaces } from '../wasm/places.ts';

/** Bytes of a cache line. */
const LINE = 64;

interface FilePlaces extends StoredPlaces {
  /** Address of (M) u32: the row of each position. */
  readonly order: number;
  /** Where the last of the columns ends that lists by relevance need. */
  readonly listsEnd: number;
}

/**
 * Reads serving.arrow from front to back into the kernel's memory, where its columns are used as they lie. The batch's
 * metadata, which come first, say where that is: columns that have arrived can be used while the rest is on its way.
 */
export class ServingFile {
  readonly #kernel: Kernel;
  readonly #manifest: Manifest;
  readonly #bytes: number;
  readonly #footer: Uint8Array;
  readonly #batch: ArrowBlock;
  #start: number;
  #position = 0;
  #places: FilePlaces | undefined;
  #next = expectation();

  /** @param footer of the file (`readFooter`) */
  constructor(module: WebAssembly.Module, manifest: Manifest, footer: Uint8Array) {
    this.#kernel = new Kernel(module);
    this.#manifest = manifest;
    this.#bytes = fileEntry(manifest, FILES.serving).bytes;
    this.#footer = footer;
    const blocks = recordBatchBlocks(footer);
    if (blocks.length !== 1) throw refused(`got ${blocks.length} record batches, expected 1`);
    [this.#batch] = blocks;
    this.#start = this.#kernel.allocate(this.#bytes + LINE);
  }

  /** Takes the next bytes. The first call must hold the batch's metadata. Throws `bad-artifact`. */
  write(bytes: Uint8Array): void {
    if (this.#position === 0) this.#start += -this.#linesFrom(bytes) & (LINE - 1);
    this.#kernel.octets(this.#start + this.#position, bytes.length).set(bytes);
    this.#position += bytes.length;
    this.#places ??= this.#decode();
    this.#next.resolve();
    this.#next = expectation();
  }

  /** Says that no more bytes come. Whoever waits for more gets the reason. */
  end(cause: unknown = refused(`it ends after ${this.#position} bytes`)): void {
    this.#next.reject(cause);
  }

  /** Whether all that lists by relevance need is there. */
  get isListable(): boolean {
    return this.#places !== undefined && this.#start + this.#position >= this.#places.listsEnd;
  }

  /** Resolves when `isListable`. Rejects when the file ends before. */
  async untilListable(): Promise<void> {
    while (!this.isListable) await this.#next.promise;
  }

  /** Resolves when the file is there up to an address. Rejects when it ends before. */
  async arrivedUpTo(end: number): Promise<void> {
    while (this.#start + this.#position < end) await this.#next.promise;
  }

  /** The vectors in their places, from `untilListable` on. @param room as of `MovieVectors` */
  finish(catalogue: Catalogue, room?: number): MovieVectors {
    const { order, ...places } = this.#places!;
    const whole = { ...places, ...placeCatalogue(this.#kernel, catalogue, order) };
    return new MovieVectors(this.#kernel, catalogue, whole, room);
  }

  /** Where in the file the largest column begins. Aligned to a cache line, as are then the columns beside it. */
  #linesFrom(bytes: Uint8Array): number {
    const { offset, metadataLength } = this.#batch;
    if (bytes.length < offset + metadataLength) throw refused(`it begins with ${bytes.length} bytes`);
    const buffers = batchBuffers(bytes.subarray(offset));
    let largest = { offset: 0, length: 0 };
    for (let b = 0; b < buffers.count; b++) if (buffers.at(b).length > largest.length) largest = buffers.at(b);
    return offset + metadataLength + largest.offset;
  }

  #decode(): FilePlaces {
    closeFile(this.#kernel.octets(this.#start, this.#bytes), this.#footer);
    const file = decodeServing(this.#kernel.octets(this.#start, this.#bytes), this.#manifest);
    const { factors: K, relevanceFactors: E, historyScales: S } = this.#manifest;
    return {
      rating: blocks(file.rating, even(PLAIN_COLUMNS + K)),
      relevance: blocks(file.relevance, even(E)),
      history:
        this.#manifest.formatVersion === ONE_SCALE_FORMAT
          ? blocks(file.history as Float32Array, even(E))
          : { ...rows(file.history, E), scaleCount: S },
      priors: rows(file.priors, K + 1),
      variances: rows(file.factorVariances, K),
      order: file.order.byteOffset,
      listsEnd: Math.max(endOf(file.relevance), endOf(file.order)),
    };
  }
}

/** A promise whose rejection nobody has to handle. */
function expectation(): PromiseWithResolvers<void> {
  const expected = Promise.withResolvers<void>();
  expected.promise.catch(() => undefined);
  return expected;
}

function endOf({ byteOffset, byteLength }: Float32Array | Int32Array): number {
  return byteOffset + byteLength;
}

function blocks(values: Float32Array, columns: number): Stored {
  return { at: values.byteOffset, columns, blocks: values.length / (BLOCK * columns) };
}

function rows(values: Float32Array | PackedRows, width: number): RowArea {
  if (values instanceof Float32Array) {
    return { at: values.byteOffset, count: values.length / width, width, scales: 0 };
  }
  const { bytes, scales } = values;
  return { at: bytes.byteOffset, count: scales.length, width, scales: scales.byteOffset };
}

function refused(why: string): MarqueeError {
  return new MarqueeError('bad-artifact', `serving.arrow: ${why}`, { fix: 'Publish the version again, or roll back.' });
}
