import { batchOf, fileOf, vector } from '../arrow-data.ts';
import type { ServingColumns } from '../columns.ts';

/** serving.arrow: one row. */
export function encodeServing(columns: ServingColumns): Uint8Array<ArrayBuffer> {
  return fileOf([
    batchOf(1, Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, vector(values)]))),
  ]);
}
