import type { Send } from '../state/api.ts';
import { compareClocks } from './offline/clock.ts';

/** Milliseconds after which a person is told rather than kept waiting; a file takes longer. */
const LONGEST = 10_000;
const LONGEST_FILE = 120_000;

export const send: Send = async (path, init) => {
  const signal = AbortSignal.timeout(path.startsWith('/import') ? LONGEST_FILE : LONGEST);
  const response = await fetch(path, { ...init, signal });
  compareClocks(response);
  return response;
};
