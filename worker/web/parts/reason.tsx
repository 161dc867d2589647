import type { Pick } from '../state/api.ts';
import { shortTitle } from './title.tsx';

/** Why a film is in the list: "Because you rated Alien ★ 4.5 and Aliens ★ 5". */
export function Reason({ pick }: { pick: Pick }) {
  const { because = [] } = pick;
  if (isPopular(pick)) return <p class="because">Popular with everybody</p>;
  if (because.length === 0) return null;
  return (
    <p class="because">
      {because.map(({ movieId, title, rating }, at) => (
        <span key={movieId}>
          {at === 0 ? 'Because you rated ' : ' and '}
          <cite>{shortTitle(title)}</cite>
          <span aria-hidden="true"> ★ {rating}</span>
          <span class="visually-hidden">
            {' '}
            {rating} {rating === 1 ? 'star' : 'stars'}
          </span>
        </span>
      ))}
    </p>
  );
}

/** No rating did much for it, though there are some, and what everybody likes did more. */
function isPopular({ popular, parts }: Pick): boolean {
  return popular === true && parts !== undefined && parts.ratings !== 0 && parts.popularity > parts.ratings;
}
