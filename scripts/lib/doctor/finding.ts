import { MarqueeError } from '../../../shared/errors.ts';

/** What was looked at, and how it is. */
export interface Finding {
  readonly topic: string;
  readonly says: string;
  /** How to mend it; null where nothing is wrong. */
  readonly mend: string | null;
}

/** What a look says: a sentence where all is well. */
export type Look = string | { readonly says: string; readonly mend: string };

/** Looks, and takes what is thrown for what is wrong. */
export async function find(topic: string, look: () => Look | Promise<Look>): Promise<Finding> {
  try {
    const seen = await look();
    return typeof seen === 'string' ? { topic, says: seen, mend: null } : { topic, ...seen };
  } catch (error) {
    if (!(error instanceof MarqueeError)) throw error;
    return { topic, says: error.message, mend: error.fix ?? 'Run it again.' };
  }
}
