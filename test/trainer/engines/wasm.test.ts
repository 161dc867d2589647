import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { compiledKernels, wasmEngine } from '../../../trainer/engines/wasm/index.ts';
import { WasmMemory } from '../../../trainer/engines/wasm/memory.ts';
import { addressOf } from '../../../trainer/engines/wasm/tensors.ts';
import { WasmThreads } from '../../../trainer/engines/wasm/threads.ts';
import { longestFirst } from '../../../trainer/math/sparse.ts';
import { seededData } from './cases/data.ts';

const MB = 2 ** 20;

describe('the shared memory', () => {
  it('the shared memory gives freed blocks, merged with free neighbours, to later tensors', () => {
    const memory = new WasmMemory();
    const blocks = Array.from({ length: 4 }, () => memory.allocate(1000));
    const end = memory.allocate(8);
    memory.release(blocks[0]);
    memory.release(blocks[2]);
    memory.release(blocks[1]);
    expect(memory.allocate(3072)).toBe(blocks[0]);
    expect(memory.allocate(8)).toBeGreaterThan(end);
  });

  it('the shared memory reuses its freed end for a larger tensor', () => {
    const memory = new WasmMemory();
    const [first, last] = [memory.allocate(64), memory.allocate(64)];
    memory.release(first);
    memory.release(last);
    expect(memory.allocate(10 * MB)).toBe(first);
  });

  it('the shared memory grows, keeps what was written, and does not grow where freed blocks suffice', () => {
    const memory = new WasmMemory(16);
    const small = memory.allocateZeros(64);
    memory.floats(small, 1)[0] = 42;
    const large = memory.allocateZeros(40 * MB);
    const size = memory.memory.buffer.byteLength;
    expect(size).toBeGreaterThan(40 * MB);
    expect(memory.floats(small, 1)[0]).toBe(42);
    memory.floats(large, 10 * MB)[10 * MB - 1] = 1;
    for (let k = 0; k < 5; k++) {
      memory.release(large);
      expect(memory.allocateZeros(40 * MB)).toBe(large);
    }
    expect(memory.floats(large, 10 * MB)[10 * MB - 1]).toBe(0);
    expect(memory.memory.buffer.byteLength).toBe(size);
  });

  it('the shared memory allocates beyond 2 GB', () => {
    const memory = new WasmMemory();
    memory.allocate(2100 * MB);
    const beyond = memory.allocateZeros(MB);
    expect(beyond).toBeGreaterThan(2 ** 31);
    memory.floats(beyond, 1)[0] = 7;
    expect(memory.floats(beyond, 1)[0]).toBe(7);
  });

  it('the shared memory says how many megabytes were wanted when it is full', () => {
    const memory = new WasmMemory();
    memory.allocate(3000 * MB);
    expect(() => memory.allocate(1500 * MB)).toThrow(
      expect.objectContaining({ code: 'out-of-memory', message: expect.stringContaining('wants 1500 MB more') }),
    );
    expect(memory.allocate(64)).toBeGreaterThan(3000 * MB);
  });

  it('the shared memory refuses to free a block twice', () => {
    const memory = new WasmMemory();
    const block = memory.allocate(64);
    memory.release(block);
    expect(() => memory.release(block)).toThrow('freed before');
  });
});

describe('the engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await wasmEngine({ threads: 2 });
  });
  afterAll(() => engine.close());

  it('the wasm engine refuses a freed tensor', async () => {
    const tensor = engine.tensor(8);
    engine.free(tensor);
    await expect(engine.read(tensor)).rejects.toThrow('after it was freed');
    expect(() => engine.free(tensor)).toThrow('after it was freed');
  });

  it('the wasm engine frees a sparse matrix once', () => {
    const matrix = seededData(30).sparse([3, 0, 70, 1], 101);
    const first = engine.sparse(matrix);
    engine.freeSparse(first);
    const second = engine.sparse(matrix);
    expect(second).toEqual(first);
    engine.freeSparse(second);
    expect(() => engine.freeSparse(second)).toThrow('freed before');
  });

  it('the wasm engine refuses a tensor of another length than the operation writes', () => {
    const [a, b, out] = [engine.tensor(64), engine.tensor(64), engine.tensor(63)];
    expect(() => engine.multiply(a, b, out, 8, 8, 8, false)).toThrow('got a tensor of 63 values, expected 64');
  });

  it('the wasm engine computes with tensors beyond 2 GB, in memory that grew after its threads started', async () => {
    const [n, c] = [300, 64];
    const far = engine.tensor((2100 * MB) / 4);
    const [a, b, out] = [engine.tensor(n * n), engine.tensor(n * c), engine.tensor(n * c)];
    expect(addressOf(out, n * c)).toBeGreaterThan(2 ** 31);
    engine.write(
      a,
      Float32Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 2 : 0)),
    );
    engine.write(
      b,
      Float32Array.from({ length: n * c }, (_, k) => k),
    );
    engine.multiply(a, b, out, n, n, c, false);
    expect((await engine.read(out)).every((value, k) => value === 2 * k)).toBe(true);
    engine.free(far, a, b, out);
  });

  it('the wasm engine says to run npm run prepare when its kernels are missing', async () => {
    const missing = new URL('./missing.wasm', import.meta.url);
    await expect(compiledKernels(missing)).rejects.toMatchObject({ code: 'no-engine', fix: 'Run npm run prepare.' });
  });

  it('longestFirst puts the longest rows first', () => {
    expect([...longestFirst(Int32Array.of(0, 2, 2, 7, 9, 9))]).toEqual([2, 0, 3, 1, 4]);
    expect([...longestFirst(Int32Array.of(0))]).toEqual([]);
  });
});

describe('its threads', () => {
  it('a thread reports an error to the main thread and computes the next job', async () => {
    const memory = new WasmMemory();
    const threads = await WasmThreads.start(await compiledKernels(), memory, 3);
    const outside = 2 ** 32 - 65536;
    const job = () => threads.run('columnScaleAdd', { items: 1000, chunk: 1 }, [outside, outside, outside, outside, 8]);
    for (let k = 0; k < 20; k++) expect(job).toThrow(/kernel columnScaleAdd failed in thread \d: RuntimeError/);
    const at = memory.allocateZeros(1000 * 32 * 2);
    expect(threads.run('columnScaleAdd', { items: 1000, chunk: 1 }, [at, at, at, at, 8])).toBe(0);
    await threads.close();
  });

  it('the wasm engine refuses work after close, which may be called twice', async () => {
    const engine = await wasmEngine({ threads: 2 });
    const [a, out] = [engine.tensor(64), engine.tensor(8)];
    await engine.close();
    await engine.close();
    expect(() => engine.columnDots(a, a, out)).toThrow('after it was closed');
  });
});
