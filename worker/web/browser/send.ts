import type { Send } from '../state/api.ts';

/** Milliseconds after which a person is told rather than kept waiting; a file takes longer. */
const LONGEST = 15_000;
const LONGEST_FILE = 120_000;

export const send: Send = (path, init) =>
  fetch(path, { ...init, signal: AbortSignal.timeout(path.startsWith('/import') ? LONGEST_FILE : LONGEST) });
