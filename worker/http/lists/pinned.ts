import type { Taste } from '../../recommend/taste.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { recommendations } from './recommendations.ts';

type Asked = Parameters<typeof recommendations>[2];
type Made = Awaited<ReturnType<typeof recommendations>>;

/** A list in which films that the operator pins stand first. */
export interface PinnedList {
  readonly list: Made;
  /** How many films the model left out before the first of its own: `offset`, less the pinned ones. */
  readonly first: number;
}

/**
 * The answer for one person, with the operator's films before the model's: those that the person neither rated nor marked
 * as done with, and that the filters admit. A list among given films is the asker's own choice, and has none.
 */
export async function pinnedList(served: ServedVersion, taste: Taste, asked: Asked): Promise<PinnedList> {
  const pinned = asked.candidates ? [] : await pinnedItems(served, taste, asked);
  const { offset, k, seen = [] } = asked;
  if (pinned.length === 0) return { list: await recommendations(served, taste, asked), first: offset };
  const first = Math.max(0, offset - pinned.length);
  const shown = pinned.slice(offset, offset + k);
  const others = [...seen, ...pinned.map(({ movieId }) => movieId)];
  const rest = { ...asked, seen: others, offset: first, k: Math.max(1, k - shown.length) };
  const list = await recommendations(served, taste, rest);
  return { list: { ...list, items: [...shown, ...list.items].slice(0, k) }, first };
}

/** The pinned films as items, in the operator's order; what one asks among them costs nothing where none is pinned. */
async function pinnedItems(served: ServedVersion, taste: Taste, asked: Asked) {
  const { pinned } = served;
  if (pinned.length === 0) return [];
  const usual = { rated: 'hide', offset: 0, k: pinned.length, diversity: 0, drawnBy: undefined } as const;
  const { items } = await recommendations(served, taste, { ...asked, ...usual, candidates: pinned });
  items.sort((a, b) => pinned.indexOf(a.movieId) - pinned.indexOf(b.movieId));
  return items.map((item) => ({ ...item, pinned: true as const }));
}
