/**
 * Writes ONNX files (onnx.proto3 of onnx/onnx, IR version 8). Written here because a feed-forward network needs only a handful
 * of small protobuf messages.
 *
 * A field is its number and wire type as a varint, then a varint (type 0) or a length and bytes (type 2).
 */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integer attributes by name. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** An input or output: a vector of any length. */
export interface OnnxVector {
  readonly name: string;
  readonly type: 'float32' | 'int32';
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxVector[];
  readonly outputs: readonly OnnxVector[];
  readonly weights: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

const IR_VERSION = 8;
const OPSET = 13;
const TYPES = { float32: 1, int32: 6, int64: 7 } as const;
const INTEGER_ATTRIBUTE = 2;

type Field = Uint8Array[];

/** The file of a model with one graph. */
export function encodeOnnx(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const opset = message(number(2, OPSET));
  return message(number(1, IR_VERSION), text(2, 'marquee'), bytes(7, graphBytes(graph)), bytes(8, opset));
}

function graphBytes({ name, inputs, outputs, weights, nodes }: OnnxGraph): Uint8Array {
  return message(
    ...nodes.map((node) => bytes(1, nodeBytes(node))),
    text(2, name),
    ...weights.map((weight) => bytes(5, tensorBytes(weight))),
    ...inputs.map((vector) => bytes(11, vectorBytes(vector))),
    ...outputs.map((vector) => bytes(12, vectorBytes(vector))),
  );
}

function nodeBytes({ op, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  const attribute = ([name, value]: [string, number]) =>
    bytes(5, message(text(1, name), number(3, value), number(20, INTEGER_ATTRIBUTE)));
  return message(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, op),
    ...Object.entries(attributes).map(attribute),
  );
}

function tensorBytes({ name, shape, values }: OnnxTensor): Uint8Array {
  return message(
    ...shape.map((size) => number(1, size)),
    number(2, values instanceof Float32Array ? TYPES.float32 : TYPES.int64),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );
}

function vectorBytes({ name, type }: OnnxVector): Uint8Array {
  const shape = message(bytes(1, message(text(2, 'pairs'))));
  const tensor = message(number(1, TYPES[type]), bytes(2, shape));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

function message(...fields: Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flat();
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function number(field: number, value: number): Field {
  return [varint(field << 3), varint(value)];
}

function bytes(field: number, value: Uint8Array): Field {
  return [varint((field << 3) | 2), varint(value.length), value];
}

function text(field: number, value: string): Field {
  return bytes(field, new TextEncoder().encode(value));
}

/** Seven bits a byte, the lowest first. The eighth bit says that more bytes follow. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...out, rest);
}
