import { MarqueeError } from '../../../shared/errors.ts';
import { notPositive } from '../../../shared/math/linalg.ts';
import { ALIGNMENT, BindGroups, type Binding, BufferPool, type Memory } from './buffers.ts';
import type { Kernel, KernelFile, Kernels, ShaderConstants } from './compiler.ts';
import type { FoundAdapter } from './probe.ts';

/** One dispatch. Its parameters are integers (u32, i32), then floats, in the order of the kernel's `Params`. */
export interface Command {
  readonly file: KernelFile;
  readonly entry: string;
  readonly constants: ShaderConstants;
  readonly integers: readonly number[];
  readonly floats?: readonly number[];
  readonly bindings: readonly Binding[];
  readonly grid: readonly [number, number?, number?];
}

/** Bytes. Where the device's own limits are less, they count. */
export interface DeviceLimits {
  /** Largest part of a tensor that a kernel may see. */
  readonly maxBindingBytes?: number;
  /** Most workgroup memory that a kernel takes where it can do with less. */
  readonly maxWorkgroupBytes?: number;
}

const [MAP_READ, COPY_DST, UNIFORM] = [1, 8, 64]; // GPUBufferUsage
const READ = 1; // GPUMapMode.READ
const COMMANDS_A_SUBMIT = 128;
const STAGED_BYTES = 256 << 20;

/**
 * One GPU and its queue: memory, commands, parameters, errors. Commands are encoded in order and submitted in batches. Only
 * `read` and `settle` wait.
 *
 * A command whose kernel is not compiled yet waits, with all commands after it, until the next `read` or `settle`. So the
 * kernels of a first sweep are compiled several at a time. A kernel that meets a pivot that is not positive sets `status`,
 * for which the next `read` rejects.
 */
export class WebgpuDevice {
  readonly name: string;
  /** Largest part of a buffer that a kernel sees at once, bytes. */
  readonly maxBinding: number;
  /** Floats that a workgroup may keep. */
  readonly maxWorkgroupFloats: number;
  readonly status: Memory;
  /** What is bound where a kernel reads nothing. */
  readonly unused: Binding;
  /** Kept because Dawn ends the process when it is collected before the device. */
  #gpu: GPU | undefined;
  readonly #device: GPUDevice;
  readonly #kernels: Kernels;
  readonly #parameters: GPUBuffer;
  readonly #parameterWords = new Uint32Array((COMMANDS_A_SUBMIT * ALIGNMENT) / 4);
  readonly #parameterFloats = new Float32Array(this.#parameterWords.buffer);
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #commands = 0;
  /** Commands that wait for their kernel, and those behind them. */
  readonly #waiting: { readonly act: () => void; readonly kernel?: Kernel }[] = [];
  readonly #pool: BufferPool;
  readonly #groups: BindGroups;
  #failure: MarqueeError | undefined;

  constructor(gpu: GPU, device: GPUDevice, kernels: Kernels, found: FoundAdapter, limits: DeviceLimits) {
    this.#gpu = gpu;
    this.#device = device;
    this.#kernels = kernels;
    this.name = `${found.name} (${found.backend}${found.software ? ', software' : ''})`;
    const { maxBindingBytes = Infinity, maxWorkgroupBytes = Infinity } = limits;
    const largest = Math.min(maxBindingBytes, device.limits.maxStorageBufferBindingSize);
    this.maxBinding = Math.floor(largest / ALIGNMENT) * ALIGNMENT;
    this.maxWorkgroupFloats = Math.floor(Math.min(maxWorkgroupBytes, device.limits.maxComputeWorkgroupStorageSize) / 4);
    this.#parameters = device.createBuffer({ size: this.#parameterWords.byteLength, usage: UNIFORM | COPY_DST });
    this.#pool = new BufferPool(device, this.name);
    this.#groups = new BindGroups(device, this.#parameters);
    this.status = this.allocate(ALIGNMENT);
    this.unused = { memory: this.allocate(ALIGNMENT), offset: 0, bytes: ALIGNMENT };
    device.onuncapturederror = (event) => {
      event.preventDefault?.();
      this.#failure ??= asMarqueeError(event.error);
    };
    device.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') this.#failure ??= new MarqueeError('internal', `the GPU was lost: ${message}`);
    });
  }

  /** Memory of unknown content. */
  allocate(bytes: number): Memory {
    this.#refuseClosed();
    return this.#pool.take(bytes);
  }

  /** Memory of zeros. */
  allocateZeros(bytes: number): Memory {
    const memory = this.allocate(bytes);
    this.#inOrder(() => this.#encode().clearBuffer(memory.buffer));
    return memory;
  }

  /** Frees memory. Commands before it still read what is in it. */
  release(memory: Memory): void {
    if (this.#pool.keep(memory)) return;
    this.#inOrder(() => {
      this.#submit();
      memory.buffer.destroy();
    });
  }

  write(memory: Memory, byteOffset: number, values: Float32Array | Uint32Array): void {
    // A copy where the command waits, because the caller goes on using the array.
    const data = (this.#waiting.length > 0 ? values.slice() : values) as Float32Array<ArrayBuffer>;
    this.#inOrder(() => {
      this.#submit();
      const step = STAGED_BYTES / 4;
      for (let at = 0; at < data.length; at += step) {
        const count = Math.min(step, data.length - at);
        this.#device.queue.writeBuffer(memory.buffer, byteOffset + at * 4, data, at, count);
      }
    });
  }

  run(command: Command): void {
    const kernel = this.#kernels.get(command.file, command.entry, command.constants);
    this.#inOrder(() => this.#dispatch(kernel, command), kernel);
  }

  #dispatch(kernel: Kernel, { integers, floats = [], bindings, grid }: Command): void {
    const offset = this.#commands * ALIGNMENT;
    const word = offset / 4;
    this.#parameterWords.set(
      integers.map((value) => value >>> 0),
      word,
    );
    this.#parameterFloats.set(floats, word + integers.length);
    this.#pass ??= this.#encode().beginComputePass();
    this.#pass.setPipeline(kernel.pipeline!);
    this.#pass.setBindGroup(0, this.#groups.of(kernel, bindings), [offset]);
    this.#pass.dispatchWorkgroups(...(grid as [number, number?, number?]));
    if (++this.#commands === COMMANDS_A_SUBMIT) this.#submit();
  }

  copy(from: Binding, to: Memory, toOffset: number, bytes: number): void {
    this.#inOrder(() => {
      this.#encode().copyBufferToBuffer(from.memory.buffer, from.offset, to.buffer, toOffset, bytes);
    });
  }

  /** The first `length` floats after all commands so far. Rejects where one of them met a pivot that is not positive. */
  async read(memory: Memory, length: number): Promise<Float32Array> {
    this.#refuseClosed();
    const values = new Float32Array(length);
    const staged: { buffer: GPUBuffer; at: number; count: number }[] = [];
    for (let at = 0; at < length; at += STAGED_BYTES / 4) {
      const count = Math.min(length - at, STAGED_BYTES / 4);
      const buffer = this.#device.createBuffer({ size: count * 4, usage: MAP_READ | COPY_DST });
      staged.push({ buffer, at, count });
    }
    const flag = this.#device.createBuffer({ size: 4, usage: MAP_READ | COPY_DST });
    this.#inOrder(() => {
      const encoder = this.#encode();
      for (const { buffer, at, count } of staged) {
        encoder.copyBufferToBuffer(memory.buffer, at * 4, buffer, 0, count * 4);
      }
      encoder.copyBufferToBuffer(this.status.buffer, 0, flag, 0, 4);
      encoder.clearBuffer(this.status.buffer);
      this.#submit();
    });
    await this.settle();
    for (const { buffer, at, count } of staged) {
      values.set(new Float32Array(await this.#mapped(buffer)).subarray(0, count), at);
      buffer.destroy();
    }
    const bad = new Uint32Array(await this.#mapped(flag))[0] !== 0;
    flag.destroy();
    if (this.#failure) throw this.#failure;
    if (bad) throw notPositive();
    return values;
  }

  /** Resolves when no command waits for a kernel any more. */
  async settle(): Promise<void> {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      try {
        await first.kernel?.compiled;
      } catch (cause) {
        throw this.#failure ?? new MarqueeError('internal', `the GPU refused a kernel: ${(cause as Error).message}`);
      }
      this.#refuseClosed();
      // Another call of `settle` may have come first.
      while (this.#waiting.length > 0 && isReady(this.#waiting[0].kernel)) this.#waiting.shift()!.act();
    }
  }

  /** Acts now, or after the commands that wait for a kernel. */
  #inOrder(act: () => void, kernel?: Kernel): void {
    if (this.#waiting.length === 0 && isReady(kernel)) act();
    else this.#waiting.push({ act, kernel });
  }

  async close(): Promise<void> {
    if (!this.#gpu) return;
    this.#waiting.length = 0;
    this.#submit();
    await this.#device.queue.onSubmittedWorkDone();
    this.#device.destroy();
    this.#groups.clear();
    this.#pool.clear();
    this.#gpu = undefined;
  }

  async #mapped(buffer: GPUBuffer): Promise<ArrayBuffer> {
    try {
      await buffer.mapAsync(READ);
    } catch (cause) {
      throw this.#failure ?? new MarqueeError('internal', 'the GPU gave no answer', { cause });
    }
    return buffer.getMappedRange();
  }

  /** The encoder of the commands that are not submitted yet, outside a pass. */
  #encode(): GPUCommandEncoder {
    this.#refuseClosed();
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #submit(): void {
    if (!this.#encoder) return;
    const encoder = this.#encode();
    if (this.#commands > 0) {
      const used = (this.#commands * ALIGNMENT) / 4;
      this.#device.queue.writeBuffer(this.#parameters, 0, this.#parameterWords, 0, used);
    }
    this.#device.queue.submit([encoder.finish()]);
    this.#encoder = undefined;
    this.#commands = 0;
  }

  #refuseClosed(): void {
    if (!this.#gpu) throw new MarqueeError('internal', 'the webgpu engine is used after it was closed');
  }
}

const isReady = (kernel: Kernel | undefined): boolean => !kernel || kernel.pipeline !== undefined;

/** Workgroups for `count` items, along x and y, because x alone ends at 65,535. */
export function gridOf(count: number): [number, number] {
  const y = Math.max(1, Math.ceil(count / 65535));
  return [Math.max(1, Math.ceil(count / y)), y];
}

function asMarqueeError(error: GPUError): MarqueeError {
  if (error.constructor.name === 'GPUOutOfMemoryError') {
    return new MarqueeError('out-of-memory', `the GPU has no more memory: ${error.message}`, {
      fix: 'Use fewer factors or movies, or --engine wasm.',
    });
  }
  return new MarqueeError('internal', `the GPU refused a command: ${error.message}`);
}
