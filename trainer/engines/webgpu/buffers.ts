import { MarqueeError } from '../../../shared/errors.ts';
import type { Kernel } from './compiler.ts';

/** A buffer that the pool may give out again. */
export interface Memory {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** A part of a buffer, offset a multiple of 256. */
export interface Binding {
  readonly memory: Memory;
  readonly offset: number;
  readonly bytes: number;
}

const [COPY_SRC, COPY_DST, STORAGE] = [4, 8, 128]; // GPUBufferUsage
/** Offsets of bindings and of parameters. */
export const ALIGNMENT = 256;
/** Freed buffers are kept up to this size, for the next ones of their length. */
const POOLED_BYTES = 1 << 30;
const PARAMETER_BYTES = 64;
const BIND_GROUPS = 4096;

export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;

/** Storage buffers, of which freed ones are given out again by length. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #owner: string;
  readonly #free = new Map<number, Memory[]>();
  #pooled = 0;
  #lastId = 0;

  /** @param owner the GPU's name, for errors */
  constructor(device: GPUDevice, owner: string) {
    this.#device = device;
    this.#owner = owner;
  }

  /** Memory of unknown content. Throws `out-of-memory` where the GPU has no buffer that long. */
  take(bytes: number): Memory {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const pooled = this.#free.get(size)?.pop();
    if (pooled) {
      this.#pooled -= size;
      return pooled;
    }
    const most = this.#device.limits.maxBufferSize;
    if (size > most) {
      throw new MarqueeError(
        'out-of-memory',
        `a tensor of ${megabytes(size)} is more than ${this.#owner} holds in one buffer`,
        { fix: `Its limit is ${megabytes(most)}. Use fewer factors or movies, or --engine wasm.` },
      );
    }
    const buffer = this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    return { id: ++this.#lastId, buffer, bytes: size };
  }

  /** Takes freed memory back. False where the pool is full: the caller destroys the buffer. */
  keep(memory: Memory): boolean {
    if (this.#pooled + memory.bytes > POOLED_BYTES) return false;
    this.#pooled += memory.bytes;
    const pooled = this.#free.get(memory.bytes);
    if (pooled) pooled.push(memory);
    else this.#free.set(memory.bytes, [memory]);
    return true;
  }

  clear(): void {
    this.#free.clear();
  }
}

/** Bind groups by kernel and bindings, so that none is made twice. Binding 0 is the kernel's parameters. */
export class BindGroups {
  readonly #device: GPUDevice;
  readonly #parameters: GPUBuffer;
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(device: GPUDevice, parameters: GPUBuffer) {
    this.#device = device;
    this.#parameters = parameters;
  }

  of({ id, layout }: Kernel, bindings: readonly Binding[]): GPUBindGroup {
    const key = `${id} ${bindings.map(({ memory, offset, bytes }) => `${memory.id} ${offset} ${bytes}`).join(',')}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= BIND_GROUPS) this.#groups.clear();
      const entries: GPUBindGroupEntry[] = bindings.map(({ memory, offset, bytes }, k) => {
        return { binding: k + 1, resource: { buffer: memory.buffer, offset, size: bytes } };
      });
      entries.push({ binding: 0, resource: { buffer: this.#parameters, size: PARAMETER_BYTES } });
      group = this.#device.createBindGroup({ layout, entries });
      this.#groups.set(key, group);
    }
    return group;
  }

  clear(): void {
    this.#groups.clear();
  }
}
