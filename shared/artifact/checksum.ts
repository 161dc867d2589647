/** Odd, so that a multiplication loses no bit; of MurmurHash3's finalizer. */
const FACTOR = 0x85ebca6b;

/**
 * A checksum of bytes that are read with a request: four chains over words of 32 bits, so that it takes some ten
 * microseconds for what is read of one user. Each step can be undone, so no change of a single word goes unnoticed, and
 * any other one in four billion. It guards against disks, not against people.
 */
export function checksumOf(bytes: Uint8Array): number {
  const words = wordsOf(bytes);
  const whole = words.length & ~3;
  let [a, b, c, d] = [bytes.length | 0, 1, 2, 3];
  for (let at = 0; at < whole; at += 4) {
    a = Math.imul(a ^ words[at], FACTOR);
    b = Math.imul(b ^ words[at + 1], FACTOR);
    c = Math.imul(c ^ words[at + 2], FACTOR);
    d = Math.imul(d ^ words[at + 3], FACTOR);
    a ^= a >>> 15;
    b ^= b >>> 15;
    c ^= c >>> 15;
    d ^= d >>> 15;
  }
  return [...words.subarray(whole), b, c, d].reduce((sum, word) => {
    const mixed = Math.imul(sum ^ word, FACTOR);
    return mixed ^ (mixed >>> 15);
  }, a);
}

/** Bytes as words of 32 bits, little-endian as every machine here; zeros fill the last one. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const isWhole = bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0;
  const padded = isWhole ? bytes : new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  if (!isWhole) padded.set(bytes);
  return new Int32Array(padded.buffer, padded.byteOffset, padded.length / 4);
}
