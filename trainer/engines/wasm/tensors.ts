import { MarqueeError } from '../../../shared/errors.ts';
import type { Tensor } from '../engine.ts';
import type { WasmMemory } from './memory.ts';

/** Floats at an address of the shared memory; 0 once freed. */
export interface WasmTensor extends Tensor {
  address: number;
}

/** A tensor of zeros, or of the values given. */
export function newTensor(memory: WasmMemory, length: number, values?: ArrayLike<number>): WasmTensor {
  const tensor = { length, address: memory.allocateZeros(length * 4) };
  if (values) memory.floats(tensor.address, length).set(values);
  return tensor;
}

export function releaseTensor(memory: WasmMemory, tensor: Tensor): void {
  memory.release(addressOf(tensor, tensor.length));
  (tensor as WasmTensor).address = 0;
}

/** Address of a tensor that must hold `length` floats; a kernel would write past the end of a shorter one in silence. */
export function addressOf(tensor: Tensor, length: number): number {
  const { address } = tensor as WasmTensor;
  if (!(address > 0))
    throw new MarqueeError('internal', 'a tensor is used after it was freed, or is of another engine');
  if (tensor.length !== length) {
    throw new MarqueeError('internal', `got a tensor of ${tensor.length} values, expected ${length}`);
  }
  return address;
}

/** A view of a tensor, valid until memory grows. */
export function floatsOf(memory: WasmMemory, tensor: Tensor): Float32Array {
  return memory.floats(addressOf(tensor, tensor.length), tensor.length);
}
