import type { Pick } from '../../state/api.ts';
import { shortTitle } from './title.tsx';

type Because = NonNullable<Pick['because']>[number];

const VERBS = { liked: 'liked', 'just-watched': 'just rated' } as const;

/** What the person did with a film, for which another is shown: they rated it, where no other reason is known. */
export function verbOf({ why }: { readonly why?: Because['why'] }): string {
  return why ? VERBS[why] : 'rated';
}

/** Why a film is in the list: "Because you liked Alien ★ 4.5 and just rated Aliens ★ 2". */
export function Reason({ pick }: { pick: Pick }) {
  const { because = [] } = pick;
  if (isPopular(pick)) return <p class="because">Popular with everybody</p>;
  if (because.length === 0) return null;
  const verbs = because.map(verbOf);
  return (
    <p class="because">
      {because.map(({ movieId, title, rating }, at) => (
        <span key={movieId}>
          {at === 0 ? 'Because you ' : ' and '}
          {verbs[at] !== verbs[at - 1] && `${verbs[at]} `}
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
  return (
    popular === true && parts !== undefined && parts.ratings !== 0 && parts.popularity > Math.max(0, parts.ratings)
  );
}
