import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { wasmEngine } from '../../../trainer/engines/wasm/index.ts';
import { expectSameBytes } from './cases/compare.ts';
import { resultsOfEveryOperation } from './cases/every-operation.ts';
import { engineCases } from './cases.ts';

describe('js', () => engineCases(async () => jsEngine(), { tolerance: 1e-9 }));
describe.each([1, 2, 3])('wasm, %i threads', (threads) =>
  engineCases(() => wasmEngine({ threads }), { tolerance: 1e-5 }),
);

it('wasm gives the same bytes on one, two, three and five threads', async () => {
  const results: Float64Array[] = [];
  for (const threads of [1, 2, 3, 5]) {
    const engine = await wasmEngine({ threads });
    results.push(Float64Array.from(await resultsOfEveryOperation(engine)));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  for (const result of results.slice(1)) expectSameBytes(result, results[0]);
});

describe('openEngine', () => {
  it.each(['tpu', 'constructor'])('openEngine refuses "%s" and lists the engines', async (name) => {
    const fix = 'Use auto or one of: webgpu, wasm, js.';
    await expect(openEngine(name)).rejects.toMatchObject({ code: 'no-engine', fix });
  });
});
