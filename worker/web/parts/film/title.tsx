import { titlesIn } from '../../../../shared/title.ts';
import { type Address, filmOf, hrefOf } from '../../state/address.ts';
import type { Movie } from '../../state/api.ts';

/** "Seven (a.k.a. Se7en)" → "Seven": the film view names the others. */
export function shortTitle(title: string): string {
  return titlesIn(title)[0];
}

export function otherTitles(title: string): string[] {
  return titlesIn(title).slice(1);
}

interface TitleProps {
  readonly movie: Pick<Movie, 'movieId' | 'title' | 'year'>;
  /** What is looked at now: the film opens in front of it. Absent: no link. */
  readonly from?: Address;
}

/** A film's name and year, as a link to it. */
export function Title({ movie, from }: TitleProps) {
  const name = shortTitle(movie.title);
  return (
    <h3 class="title">
      {from ? <a href={hrefOf(filmOf(from, movie.movieId))}>{name}</a> : <bdi>{name}</bdi>}
      {movie.year !== null && <span class="year"> {movie.year}</span>}
    </h3>
  );
}

export function Genres({ genres }: { genres: readonly string[] }) {
  return <p class="genres">{genres.join('\u00a0· ')}</p>;
}
