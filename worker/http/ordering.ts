import { z } from '@hono/zod-openapi';
import { MarqueeError } from '../../shared/errors.ts';
import { fraction } from './parameters.ts';

/** What a list is ordered by, and whether it has what the user rated. */
export const orderingShape = {
  by: z.enum(['relevance', 'rating']).optional().openapi({
    description: 'What to rank by: what the user will like next, or the predicted rating.',
  }),
  blend: fraction('Weight of the predicted rating against relevance, instead of `by`.').optional(),
  rated: z.enum(['hide', 'show']).default('hide').openapi({ description: 'Movies that the user rated.' }),
};

export type AskedOrdering = z.infer<z.ZodObject<typeof orderingShape>>;

/** The weight of the predicted rating. Throws `bad-parameter`. @param usual the version's own */
export function blendOf({ by, blend }: Pick<AskedOrdering, 'by' | 'blend'>, usual: number): number {
  if (by !== undefined && blend !== undefined) {
    throw new MarqueeError('bad-parameter', `blend: got ${blend} beside by=${by}, expected one of the two`, {
      details: { parameter: 'blend', got: blend, expected: 'by or blend, not both' },
    });
  }
  return blend ?? (by === 'rating' ? 1 : usual);
}
