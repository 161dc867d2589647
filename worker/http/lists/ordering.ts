import { z } from '@hono/zod-openapi';
import { MarqueeError } from '../../../shared/errors.ts';
import type { NextModel } from '../../../shared/model/model.ts';
import { blendOf, MOST_CERTAINTY, type Ordering, usualCertainty } from '../../../shared/model/ordering.ts';
import { bounded, fraction } from '../parameters.ts';

/** What a list is ordered by, and whether it has what the user rated. */
export const orderingShape = {
  by: z
    .enum(['relevance', 'rating', 'next'])
    .optional()
    .openapi({
      description:
        'What to rank by. `relevance`: what the user will like of all that they come to watch. `rating`: the predicted ' +
        'rating. `next`: what they watch next, liked or not; not for profiles, and only with a version that learned it.',
    }),
  blend: fraction('Weight of the predicted rating against relevance, instead of `by`.').optional(),
  popularity: bounded(-1, 1, 'Better known (above 0) or lesser known films (below): how often popularity is added.')
    .default(0)
    .openapi({ default: 0 }),
  certainty: bounded(
    0,
    MOST_CERTAINTY,
    'How many standard errors of a movie its score stays below the predicted rating, so that films with few ratings do ' +
      `not lead; ${usualCertainty(1)} for lists by predicted rating alone, else 0. \`predictedRating\` stays what it is.`,
  ).optional(),
  rated: z.enum(['hide', 'show']).default('hide').openapi({ description: 'Movies that the user rated.' }),
};

/** What the document says of a body with these fields. */
export const ONE_ORDER = { not: { required: ['by', 'blend'] } };

export type AskedOrdering = z.infer<z.ZodObject<typeof orderingShape>> & {
  /** Of the version, for `by=next` (`nextFor`). */
  readonly next?: NextModel;
};

/** What a list is ordered by. Throws `bad-parameter`. @param usual the version's own blend */
export function orderingOf(asked: AskedOrdering, usual: number): Ordering {
  const blend = askedBlend(asked, usual);
  const { popularity, certainty = usualCertainty(blend), next } = asked;
  return { blend, popularity, certainty, next };
}

/** The ordering in a word, as the log of lists has it. */
export function nameOfOrdering({ blend, next }: Ordering): string {
  if (next) return 'next';
  return blend === 0 ? 'relevance' : blend === 1 ? 'rating' : `blend ${blend}`;
}

function askedBlend({ by, blend }: Pick<AskedOrdering, 'by' | 'blend'>, usual: number): number {
  if (by !== undefined && blend !== undefined) {
    throw new MarqueeError('bad-parameter', `blend: got ${blend} beside by=${by}, expected one of the two`, {
      details: { parameter: 'blend', got: blend, expected: 'by or blend, not both' },
    });
  }
  return blend ?? blendOf(by, usual);
}
