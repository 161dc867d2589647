import { expect, it } from 'vitest';
import { random } from '../../../../trainer/math/random.ts';
import { openTensorflow } from '../../../../trainer/models/gradient/backend.ts';
import { dotNetwork } from '../../../../trainer/models/gradient/dot/network.ts';
import { fitEpochs, read } from '../../../../trainer/models/gradient/fit.ts';
import { gradientSchema } from '../../../../trainer/models/gradient/settings.ts';
import { lowRank } from '../../../fixtures/datasets.ts';
import { noGpu, realGpu } from '../../engines/gpu.ts';

it.skipIf(noGpu)('TensorFlow.js trains on a GPU what it trains on wasm', async () => {
  const { userIds, movieIds, stars } = lowRank(20, 15, 0.7, 2);
  const triples = { users: userIds.map((id) => id - 1), movies: movieIds.map((id) => id - 1), stars };
  const options = gradientSchema.parse({ epochs: 3, batchSize: 64, lr: 0.05 });
  const scale = { min: 0.5, max: 5, step: 0.5 };
  const trained = async () => {
    const network = dotNetwork([20, 15, 3], options, random(1, 8));
    const epochs = await fitEpochs(network, triples, triples, options, { seed: 1, scale });
    return { losses: epochs.map(({ validLoss }) => validLoss!), table: (await read(network.weights))[0] };
  };
  expect(await openTensorflow('wasm')).toMatch(/wasm/);
  const wasm = await trained();
  expect(await openTensorflow('webgpu')).toMatch(realGpu ? /webgpu, / : /webgpu, SwiftShader.*\(software\)/);
  const gpu = await trained();
  gpu.losses.forEach((loss, e) => {
    expect(loss).toBeCloseTo(wasm.losses[e], 3);
  });
  gpu.table.forEach((value, at) => {
    expect(Math.abs(value - wasm.table[at])).toBeLessThan(5e-3);
  });
});

it('TensorFlow.js takes for auto a GPU in hardware, and for large batches only', async () => {
  expect(await openTensorflow('auto', 64)).toMatch(/wasm/);
  expect(await openTensorflow('auto', 10_000)).toMatch(realGpu ? /webgpu/ : /wasm/);
});
