import { type Address, hrefOf } from '../../state/address.ts';
import type { State, Taste } from '../../state/state.ts';
import { Poster } from '../film/poster.tsx';

/** Ready-made tastes as pictures, until the person has one of their own. */
export function Tastes({ state: { tastes, ratings, address } }: { state: State }) {
  if (tastes.length === 0 || ratings.length > 0) return null;
  return (
    <nav class="tastes" aria-label="Tastes to start from">
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
      <span class="taste-name">{genres.length > 0 ? genres.join(' · ') : name}</span>
      <span class="visually-hidden">: {name}</span>
    </a>
  );
}
