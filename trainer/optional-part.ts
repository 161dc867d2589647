import { MarqueeError } from '../shared/errors.ts';

/** Brings everything that a plain `npm install` leaves out, in the versions of package-lock.json. */
export const INSTALL_PARTS = 'npm install --include=peer';

/** Imports what may not be installed. Throws `not-configured`, which names the part and the command that brings it. */
export async function optionalPart<T>(part: string, load: () => Promise<T>, install = INSTALL_PARTS): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new MarqueeError('not-configured', `${part} is not installed`, { fix: `Install it: ${install}`, cause });
  }
}
