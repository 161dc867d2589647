import { fraction, integerOr, k } from '../parameters.ts';
import { type AskedOrdering, orderingShape } from './ordering.ts';

/** What a list may be asked for by, besides whom it is for. */
export const listShape = {
  k,
  offset: integerOr(0, 0, 10_000, 'How many of the best to leave out.'),
  ...orderingShape,
  diversity: fraction(
    'Re-ranks the best 200 so that movies resemble those before them less (maximal marginal relevance); 0: not at all.',
  )
    .default(0)
    .openapi({ default: 0 }),
  explain: integerOr(
    0,
    0,
    5,
    'How many ratings to name as reasons of each movie; above 0 also the parts of its score.',
  ),
};

export interface AskedShape extends AskedOrdering {
  readonly diversity: number;
  readonly explain: number;
}
