import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { wasmEngine } from '../../../trainer/engines/wasm.ts';
import { webgpuEngine } from '../../../trainer/engines/webgpu.ts';
import { engineCases, everything } from './cases.ts';
import { noSwiftshader } from './swiftshader.ts'; // before anything loads Dawn

describe('js', () => engineCases(async () => jsEngine(), { tolerance: 1e-9 }));
describe.each([1, 2, 3])('wasm, %i threads', (threads) =>
  engineCases(() => wasmEngine({ threads }), { tolerance: 1e-5 }),
);
describe.skipIf(noSwiftshader)('webgpu', () => engineCases(() => webgpuEngine(), { tolerance: 1e-4 }));

it('gives the same bytes on one, two, three and five threads', async () => {
  const results: number[][] = [];
  for (const threads of [1, 2, 3, 5]) {
    const engine = await wasmEngine({ threads });
    results.push(await everything(engine));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  for (const result of results.slice(1)) expect(result).toEqual(results[0]);
});

it.skipIf(noSwiftshader)('gives the same bytes on a GPU whenever it runs', async () => {
  const results: number[][] = [];
  for (let run = 0; run < 2; run++) {
    const engine = await webgpuEngine();
    results.push(await everything(engine));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  expect(results[1]).toEqual(results[0]);
});

describe('openEngine', () => {
  it('opens the wasm engine when left to choose without a real GPU, with the threads asked for', async () => {
    const engine = await openEngine('auto', { threads: 2 });
    expect([engine.name, engine.device]).toEqual(['wasm', '2 threads, float32']);
    await engine.close();
  });

  it.skipIf(noSwiftshader)('takes a GPU in software only from those who ask for it', async () => {
    const engine = await openEngine('webgpu');
    expect([engine.name, engine.device]).toEqual([
      'webgpu',
      expect.stringMatching(/^SwiftShader .*\(vulkan, software\)$/),
    ]);
    await engine.close();
  });

  it.each(['tpu', 'constructor'])('refuses "%s" and lists what there is', async (name) => {
    const fix = 'Use auto or one of: webgpu, wasm, js.';
    await expect(openEngine(name)).rejects.toMatchObject({ code: 'no-engine', fix });
  });
});
