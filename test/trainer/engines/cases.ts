import { afterAll, beforeAll } from 'vitest';
import type { Engine } from '../../../trainer/engines/engine.ts';
import type { Given } from './cases/data.ts';
import { denseCases } from './cases/dense.ts';
import { historyCases } from './cases/histories.ts';
import { implicitPriorCases } from './cases/implicit-prior.ts';
import { lossCases } from './cases/losses.ts';
import { rowCases } from './cases/rows.ts';
import { sparseCases } from './cases/sparse.ts';
import { tensorCases } from './cases/tensors.ts';

const GROUPS = [tensorCases, rowCases, implicitPriorCases, sparseCases, lossCases, denseCases, historyCases];

/** The cases that every engine passes: its results are those of plain loops over arrays of arrays (`naive.ts`). */
export function engineCases(open: () => Promise<Engine>, { tolerance }: Pick<Given, 'tolerance'>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());
  const given: Given = {
    get engine() {
      return engine;
    },
    tolerance,
    tensor: (data) => engine.tensor(data.length, data),
  };
  for (const cases of GROUPS) cases(given);
}
