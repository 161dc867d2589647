import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../trainer/engines/index.ts';
import { webgpuEngine } from '../../../trainer/engines/webgpu/index.ts';
import { expectSameBytes } from './cases/compare.ts';
import { resultsOfEveryOperation } from './cases/every-operation.ts';
import { engineCases } from './cases.ts';
import { noGpu, realGpu } from './gpu.ts'; // before anything loads Dawn

describe.skipIf(noGpu)('webgpu', () => engineCases(() => webgpuEngine(), { tolerance: 1e-4 }));

it.skipIf(noGpu)('webgpu gives the same bytes in two runs on one GPU', async () => {
  const results: Float64Array[] = [];
  for (let run = 0; run < 2; run++) {
    const engine = await webgpuEngine();
    results.push(Float64Array.from(await resultsOfEveryOperation(engine)));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  expectSameBytes(results[1], results[0]);
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
});
