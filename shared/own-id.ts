import { LARGEST_ID } from './values.ts';

/** Characters of the longest id that a film or a person may have in a catalogue of one's own. */
export const LONGEST_OWN_ID = 200;

const WHOLE = /^(0|[1-9]\d{0,9})$/;

/**
 * The number that an id of one's own gets unless another id has it: itself where it is a whole number in range, else a
 * hash, so that whoever sees the id alone comes to the same number (FNV-1a over UTF-16 units, mixed as MurmurHash3 does).
 *
 * @param most the largest number, inclusive
 */
export function numberOf(id: string, most: number = LARGEST_ID): number {
  if (WHOLE.test(id) && Number(id) <= most) return Number(id);
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % (most + 1);
}

/** The same, or the next number that is free. */
export function freeNumberOf(id: string, isTaken: (number: number) => boolean, most: number = LARGEST_ID): number {
  let number = numberOf(id, most);
  while (isTaken(number)) number = number < most ? number + 1 : 0;
  return number;
}
