import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { topK } from '../../../shared/math/topk.ts';
import { encodeOnnx } from '../../../trainer/models/gradient/neural/onnx-file.ts';
import { mulberry } from '../../fixtures/random.ts';

/**
 * The scan as onnxruntime-web does it, in one thread under Node: MatMul of the user's vector with (width, M), which is faster
 * than the other way round, then this project's top 20 of what it says. Times one pass, in milliseconds.
 */
export async function openOnnxRival(M: number, width: number): Promise<() => Promise<number>> {
  const random = mulberry(11);
  const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(
    encodeOnnx({
      name: 'score',
      inputs: [{ name: 'user', type: 'float32' }],
      outputs: [{ name: 'scores', type: 'float32' }],
      weights: [{ name: 'movies', shape: [width, M], values: numbers(M * width) }],
      nodes: [{ op: 'MatMul', inputs: ['user', 'movies'], output: 'scores' }],
    }),
    { executionProviders: ['wasm'] },
  );
  const user = new Tensor('float32', numbers(width), [width]);
  return async () => {
    const start = performance.now();
    const { scores } = await session.run({ user });
    topK(scores.data as Float32Array, 20);
    return performance.now() - start;
  };
}
