import { MarqueeError, short } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { LONGEST_OWN_ID } from '../../shared/own-id.ts';
import { LARGEST_ID, text } from '../../shared/values.ts';

/** A movie's id in a catalogue of one's own. */
export const ownId = text.max(LONGEST_OWN_ID).meta({
  description: 'A movie’s id in a catalogue of one’s own, any text; of a MovieLens data set its `movieId`.',
  example: '1',
});

/** The row of an id of one's own, −1 where the model lacks it. An id that is a number stands for itself. */
export function rowOfOwnId({ own, rowOf }: Catalogue, id: string): number {
  const row = own?.rowOfId(id) ?? -1;
  if (row >= 0) return row;
  const number = Number(id);
  const byNumber = String(number) === id && Number.isInteger(number) && number <= LARGEST_ID ? rowOf(number) : -1;
  return byNumber >= 0 && (own?.id(byNumber) ?? '') === '' ? byNumber : -1;
}

export function unknownOwnId(id: string, path: string = 'id'): MarqueeError {
  return new MarqueeError('unknown-movie', `${path}: the model has no movie with the id ${short(JSON.stringify(id))}`, {
    fix: 'Ids are those of the film file that the model was trained with; GET /movies?q= finds movies by title.',
    details: { id: short(id) },
  });
}
