import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../trainer/engines/index.ts';
import { webgpuEngine } from '../../../trainer/engines/webgpu/index.ts';
import { engineCases, everything, expectSameBytes } from './cases.ts';
import { noGpu, realGpu } from './gpu.ts'; // before anything loads Dawn

describe.skipIf(noGpu)('webgpu', () => engineCases(() => webgpuEngine(), { tolerance: 1e-4 }));

it.skipIf(noGpu)('gives the same bytes on a GPU whenever it runs', async () => {
  const results: Float64Array[] = [];
  for (let run = 0; run < 2; run++) {
    const engine = await webgpuEngine();
    results.push(Float64Array.from(await everything(engine)));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  expectSameBytes(results[1], results[0]);
});

describe('openEngine', () => {
  it('left to choose opens the GPU where there is a real one, else wasm, with the threads asked for', async () => {
    const engine = await openEngine('auto', { threads: 2 });
    const wanted = realGpu ? ['webgpu', `${realGpu.name} (${realGpu.backend})`] : ['wasm', '2 threads, float32'];
    expect([engine.name, engine.device]).toEqual(wanted);
    await engine.close();
  });

  it.skipIf(noGpu)('takes a GPU in software only from those who ask for it, where there is no other', async () => {
    const engine = await openEngine('webgpu');
    const device = realGpu
      ? `${realGpu.name} (${realGpu.backend})`
      : expect.stringMatching(/^SwiftShader .*\(vulkan, software\)$/);
    expect([engine.name, engine.device]).toEqual(['webgpu', device]);
    await engine.close();
  });
});
