import { type Address, hrefOf } from '../../state/address.ts';
import type { State, Taste } from '../../state/state.ts';
import { Poster } from '../film/poster.tsx';

/** Ready-made tastes as pictures, until the person has one of their own. */
export function Tastes({ state: { tastes, ratings, address } }: { state: State }) {
  if (tastes.length === 0 || ratings.length > 0) return null;
  return (
    <nav class="tastes" aria-labelledby="tastes-heading">
      <h3 class="hint" id="tastes-heading">
        Or start from a taste like yours
      </h3>
      <ul>
        {tastes.map((taste) => (
          <li key={taste.profile}>
            <TasteLink taste={taste} address={address} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function TasteLink({ taste: { profile, name, genres, movies }, address }: { taste: Taste; address: Address }) {
  const chosen = address.list.profile === profile;
  const { by, ...rest } = address.list;
  const list = { ...rest, profile: chosen ? undefined : profile, ...(by !== 'next' && { by }) }; // a taste watches nothing
  return (
    <a
      class="taste"
      href={hrefOf({ ...address, offset: 0, list })}
      aria-current={chosen ? 'true' : undefined}
      title={name}
    >
      <span class="posters">
        {movies.map((movie) => (
          <Poster key={movie.movieId} movie={movie} />
        ))}
      </span>
      <span class="taste-name">
        {genres.length > 0 ? genres.join(' · ') : name} <span class="year">{decadeOf(movies)}</span>
      </span>
      <span class="visually-hidden">: {name}</span>
    </a>
  );
}

/** The decade in the middle of a taste's films: tastes of the same genres are told apart by it. */
function decadeOf(movies: Taste['movies']): string {
  const years = movies.flatMap(({ year }) => year ?? []).sort((a, b) => a - b);
  return years.length > 0 ? `${Math.floor(years[years.length >> 1] / 10)}0s` : '';
}
