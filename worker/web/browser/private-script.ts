import type * as script from '../private/script.ts';

/** Its path: the build's name for it. */
declare const PRIVATE_SCRIPT: string;

export function loadPrivate(): Promise<typeof script> {
  return import(PRIVATE_SCRIPT);
}
