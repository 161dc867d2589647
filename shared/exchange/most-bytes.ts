/** Bytes of the largest import, packed and unpacked. */
export const MOST_BYTES = 4 * 2 ** 20;
