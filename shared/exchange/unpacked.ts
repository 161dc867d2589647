import { MarqueeError } from '../errors.ts';
import { crc32 } from '../math/crc32.ts';

/** Bytes that are unpacked at once. They grow a thousandfold at most, so what is too large is noticed in time. */
const PIECE = 1 << 14;

/** Pushes bytes into a stream, which is told which are the last. */
export function inPieces(bytes: Uint8Array, stream: { push(piece: Uint8Array, final: boolean): void }): void {
  for (let at = 0; at < bytes.length; at += PIECE) {
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
  }
}

/** The bytes, whose CRC-32 has to be this. */
export function checked(bytes: Uint8Array, crc: number): Uint8Array {
  if (crc32(bytes) !== crc) throw new Error('its content is not what was packed (CRC-32)');
  return bytes;
}

/** The bytes that all files of a ZIP may have together. */
export class Budget {
  readonly #most: number;
  #spent = 0;

  constructor(most: number) {
    this.#most = most;
  }

  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent <= this.#most) return;
    throw new MarqueeError('too-large', `unpacked, the file is larger than ${this.#most} bytes`, {
      fix: 'Unpack it and send it in parts, each with the header line.',
    });
  }
}

/** Collects a file as it is unpacked. */
export class Unpacked {
  readonly #budget: Budget;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #final = false;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(chunk: Uint8Array, final: boolean): void {
    this.#budget.spend(chunk.length);
    this.#length += chunk.length;
    this.#final ||= final;
    this.#chunks.push(chunk);
  }

  whole(): Uint8Array {
    if (!this.#final) throw new Error('it ends too early');
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
