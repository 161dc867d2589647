import * as script from '../private/script.ts';

/** It came along. */
export async function loadPrivate(): Promise<typeof script> {
  return script;
}
