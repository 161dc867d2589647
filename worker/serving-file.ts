import { BLOCK, even, type PackedRows, PLAIN_COLUMNS } from '../shared/blocks.ts';
import { decodeServing } from '../shared/decode.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { Catalogue } from '../shared/model.ts';
import { Kernel } from './kernel.ts';
import { MovieVectors, placeCatalogue, type RowArea, type Stored } from './movie-vectors.ts';

/** Bytes of a cache line. */
const LINE = 64;

/** Takes serving.arrow in, from front to back, into the kernel's memory, where its columns are used as they lie. */
export class ServingFile {
  readonly #kernel: Kernel;
  readonly #manifest: Manifest;
  #start: number;
  #position = 0;

  constructor(module: WebAssembly.Module, manifest: Manifest, bytes: number) {
    this.#kernel = new Kernel(module);
    this.#manifest = manifest;
    this.#start = this.#kernel.allocate(bytes + LINE);
  }

  /** The next bytes; the first of them hold the batch's metadata. */
  write(bytes: Uint8Array): void {
    if (this.#position === 0) this.#start += -bodyStart(bytes) & (LINE - 1);
    this.#kernel.octets(this.#start + this.#position, bytes.length).set(bytes);
    this.#position += bytes.length;
  }

  /** Throws `bad-artifact`. */
  finish(catalogue: Catalogue): MovieVectors {
    const kernel = this.#kernel;
    const file = decodeServing(kernel.octets(this.#start, this.#position), this.#manifest);
    const { factorCount: K, relevanceCount: E } = catalogue;
    const places = {
      rating: blocks(file.rating, even(PLAIN_COLUMNS + K)),
      relevance: blocks(file.relevance, even(E)),
      history: blocks(file.history, even(E)),
      priors: rows(file.priors, K + 1),
      variances: rows(file.factorVariances, K),
    };
    const order = file.order.byteOffset; // before memory grows, which detaches what was decoded
    return new MovieVectors(kernel, catalogue, { ...places, ...placeCatalogue(kernel, catalogue, order) });
  }
}

/** Where the body of the first message begins, behind magic, continuation marker, length and metadata. */
function bodyStart(bytes: Uint8Array): number {
  return bytes.length < 16 ? 0 : 16 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(12, true);
}

function blocks(values: Float32Array, columns: number): Stored {
  return { at: values.byteOffset, columns, blocks: values.length / (BLOCK * columns) };
}

function rows(values: Float32Array | PackedRows, width: number): RowArea {
  if (values instanceof Float32Array) return { at: values.byteOffset, width, scales: 0 };
  return { at: values.bytes.byteOffset, width, scales: values.scales.byteOffset };
}
