import type { StarRange } from '../../../../shared/model/response.ts';
import { read } from '../fit.ts';
import type { NeuralNetwork } from './network.ts';
import { encodeOnnx, type OnnxNode, type OnnxTensor } from './onnx-file.ts';

/**
 * A neural network as an ONNX model, which predicts what `neuralNetwork` does without dropout. Inputs `user` and `movie`, int32
 * rows of N pairs; output `stars`, float32 (N).
 */
export async function neuralOnnx(network: NeuralNetwork, range: StarRange | null): Promise<Uint8Array<ArrayBuffer>> {
  const [users, movies, ...dense] = await read(network.weights);
  const weights: OnnxTensor[] = [
    { name: 'users', shape: network.users.shape, values: users },
    { name: 'movies', shape: network.movies.shape, values: movies },
    { name: 'flat', shape: [1], values: BigInt64Array.of(-1n) },
  ];
  const nodes: OnnxNode[] = [
    { op: 'Gather', inputs: ['users', 'user'], output: 'user embedding' },
    { op: 'Gather', inputs: ['movies', 'movie'], output: 'movie embedding' },
    { op: 'Concat', inputs: ['user embedding', 'movie embedding'], output: 'x', attributes: { axis: 1 } },
  ];
  network.layers.forEach(({ kernel, bias }, at) => {
    const [name, before] = [`layer ${at}`, at === 0 ? 'x' : `active ${at - 1}`];
    weights.push({ name: `kernel ${at}`, shape: kernel.shape, values: dense[2 * at] });
    weights.push({ name: `bias ${at}`, shape: bias.shape, values: dense[2 * at + 1] });
    nodes.push({ op: 'Gemm', inputs: [before, `kernel ${at}`, `bias ${at}`], output: name });
    if (at < network.layers.length - 1) nodes.push({ op: 'Relu', inputs: [name], output: `active ${at}` });
  });
  const scores = `layer ${network.layers.length - 1}`;
  if (range) {
    weights.push({ name: 'width', shape: [1], values: Float32Array.of(range.max - range.min) });
    weights.push({ name: 'min', shape: [1], values: Float32Array.of(range.min) });
    nodes.push({ op: 'Sigmoid', inputs: [scores], output: 'share' });
    nodes.push({ op: 'Mul', inputs: ['share', 'width'], output: 'above' });
    nodes.push({ op: 'Add', inputs: ['above', 'min'], output: 'column' });
  }
  nodes.push({ op: 'Reshape', inputs: [range ? 'column' : scores, 'flat'], output: 'stars' });
  return encodeOnnx({
    name: 'neural',
    inputs: ['user', 'movie'].map((name) => ({ name, type: 'int32' })),
    outputs: [{ name: 'stars', type: 'float32' }],
    weights,
    nodes,
  });
}
