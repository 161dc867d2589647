/**
 * A number in [0, 1) that a text stands for, the same for ever: FNV-1a (Fowler, Noll and Vo, 32 bits) with the finaliser of
 * MurmurHash3 (Appleby), without which the last characters would hardly move the high bits.
 */
export function hashUnit(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
