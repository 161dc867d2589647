import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { wasmEngine } from '../../../trainer/engines/wasm/index.ts';
import { webgpuEngine } from '../../../trainer/engines/webgpu/index.ts';
import { engineCases, resultsOfEveryOperation } from './cases.ts';
import { noGpu, realGpu } from './gpu.ts'; // before anything loads Dawn

describe('js', () => engineCases(async () => jsEngine(), { tolerance: 1e-9 }));
describe.each([1, 2, 3])('wasm, %i threads', (threads) =>
  engineCases(() => wasmEngine({ threads }), { tolerance: 1e-5 }),
);
describe.skipIf(noGpu)('webgpu', () => engineCases(() => webgpuEngine(), { tolerance: 1e-4 }));

it('wasm gives the same bytes on one, two, three and five threads', async () => {
  const results: number[][] = [];
  for (const threads of [1, 2, 3, 5]) {
    const engine = await wasmEngine({ threads });
    results.push(await resultsOfEveryOperation(engine));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  for (const result of results.slice(1)) expect(result).toEqual(results[0]);
});

it.skipIf(noGpu)('webgpu gives the same bytes in two runs on one GPU', async () => {
  const results: number[][] = [];
  for (let run = 0; run < 2; run++) {
    const engine = await webgpuEngine();
    results.push(await resultsOfEveryOperation(engine));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  expect(results[1]).toEqual(results[0]);
});

describe('openEngine', () => {
  it('openEngine opens for auto a GPU in hardware where there is one, else wasm with the given threads', async () => {
    const engine = await openEngine('auto', { threads: 2 });
    const wanted = realGpu ? ['webgpu', `${realGpu.name} (${realGpu.backend})`] : ['wasm', '2 threads, float32'];
    expect([engine.name, engine.device]).toEqual(wanted);
    await engine.close();
  });

  it.skipIf(noGpu)('openEngine opens a GPU in software only for webgpu, and only where there is no other', async () => {
    const engine = await openEngine('webgpu');
    const device = realGpu
      ? `${realGpu.name} (${realGpu.backend})`
      : expect.stringMatching(/^SwiftShader .*\(vulkan, software\)$/);
    expect([engine.name, engine.device]).toEqual(['webgpu', device]);
    await engine.close();
  });

  it.each(['tpu', 'constructor'])('openEngine refuses "%s" and lists the engines', async (name) => {
    const fix = 'Use auto or one of: webgpu, wasm, js.';
    await expect(openEngine(name)).rejects.toMatchObject({ code: 'no-engine', fix });
  });
});
