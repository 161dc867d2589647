import * as z from 'zod';
import { MarqueeError } from '../errors.ts';

/**
 * neural.json: the ids of a network's rows, ascending. Row r + 1 belongs to entry r of the list; row 0 of each side
 * stands for the average of all.
 */
const vocabularySchema = z.object({ userIds: z.array(z.int()), movieIds: z.array(z.int()) });
export type Vocabulary = z.infer<typeof vocabularySchema>;

/** Reads neural.json. Throws `bad-artifact`. */
export function parseVocabulary(text: string): Vocabulary {
  try {
    return vocabularySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new MarqueeError('bad-artifact', 'neural.json could not be read', { cause });
  }
}
