import { random, STREAMS } from '../../../trainer/math/random.ts';
import { openTensorflow } from '../../../trainer/models/gradient/backend.ts';
import { dotNetwork } from '../../../trainer/models/gradient/dot/network.ts';
import { fitEpochs, predictRows } from '../../../trainer/models/gradient/fit.ts';
import { type GradientOptions, gradientSchema } from '../../../trainer/models/gradient/settings.ts';
import type { LearningCurve, Problem } from './problem.ts';

/** The lesson's own factors; its other settings are the defaults of `--model dot`. */
const FASTAI_FACTORS = 50;

/** Chooses and warms the backend: off the clock. */
export function openFastai(): Promise<string> {
  return openTensorflow('wasm');
}

/**
 * The collaborative filtering of fast.ai's lesson 7 (Howard & Gugger, "Deep learning for coders", ch. 8), as
 * `npm run train -- --model dot` does it, on TensorFlow.js with its WebAssembly backend.
 */
export async function trainFastai(
  { users, movies, train }: Problem,
  { seed, factors = FASTAI_FACTORS, ...given }: Partial<GradientOptions> & { seed: number; factors?: number },
  curve: LearningCurve,
): Promise<void> {
  const options = gradientSchema.parse({ batchSize: 64, ...given });
  const network = dotNetwork([users, movies, factors], options, random(seed, STREAMS.weights));
  const scale = { min: 0.5, max: 5, step: 0.5 }; // of held-out ratings, of which there are none
  await fitEpochs(network, train, null, options, {
    seed,
    scale,
    onEpoch: async () => {
      curve.stop();
      await curve.measureRows((of, at) => predictRows(network, of, at));
      curve.restart();
    },
  });
  curve.stop();
}
