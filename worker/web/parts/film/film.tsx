import { filmOf, hrefOf, onMap } from '../../state/address.ts';
import type { Explanation } from '../../state/api.ts';
import { type Film, plural, ratingOf, type State } from '../../state/state.ts';
import { Back } from '../back.tsx';
import { Marks, useMarkKeys } from '../marks/marks.tsx';
import { Own } from '../rating/own.tsx';
import { Poster } from './poster.tsx';
import { Prediction, Range } from './prediction.tsx';
import { Genres, otherTitles, shortTitle } from './title.tsx';
import { Why } from './why.tsx';

/** A film: what it is, what is expected of it and why, what is like it. */
export function FilmView({ state, film }: { state: State; film: Film }) {
  const { details, explanation } = film;
  const others = otherTitles(details.title);
  const onKeyDown = useMarkKeys(details, state);
  return (
    <article class="film" aria-labelledby="film-heading" onKeyDown={onKeyDown}>
      <Back address={state.address} />
      <div class="film-head">
        <Poster movie={details} large />
        <div class="film-about">
          <h2 id="film-heading" tabIndex={-1}>
            <bdi>{shortTitle(details.title)}</bdi> <span class="year">{details.year}</span>
          </h2>
          {others.length > 0 && <p class="other-titles">also {others.join(', ')}</p>}
          <Genres genres={details.genres} />
          <Links state={state} details={details} />
          <Measures film={film} />
          <Own
            movie={details}
            answer={ratingOf(state, details.movieId)}
            unstored={state.unstored[details.movieId]}
            open
          />
          <div class="marks-place">
            <Marks movie={details} state={state} />
          </div>
        </div>
      </div>
      {explanation && <Why explanation={explanation} of={details.movieId} from={state.address} />}
      <Similar state={state} film={film} />
    </article>
  );
}

/**
 * The film at other sites, which tell its plot and do not hear where the reader comes from; without ids a search. Then
 * the film on the map.
 */
function Links({ state, details }: { state: State; details: Film['details'] }) {
  const { movieId, imdbId, tmdbId, title, year } = details;
  const words = encodeURIComponent(`${shortTitle(title)} ${year ?? ''}`.trim());
  const links = [
    ['IMDb', `https://www.imdb.com/${imdbId ? `title/tt${String(imdbId).padStart(7, '0')}/` : `find/?q=${words}`}`],
    ['TMDB', `https://www.themoviedb.org/${tmdbId ? `movie/${tmdbId}` : `search?query=${words}`}`],
  ];
  return (
    <p class="links hint">
      Plot and people:
      {links.map(([site, href]) => (
        <a key={site} href={href} rel="noreferrer">
          {site}
        </a>
      ))}
      <a class="with-scripts" href={hrefOf(onMap(state.address, movieId))}>
        Its place on the map
      </a>
    </p>
  );
}

/** What is expected of this person beside what everybody gave. */
function Measures({ film: { details, explanation } }: { film: Film }) {
  return (
    <dl class="measures">
      {explanation && (
        <div>
          <dt>For you</dt>
          <dd>
            <Prediction stars={explanation.predictedRating} uncertainty={explanation.uncertainty} />
          </dd>
        </div>
      )}
      {details.ratingMean !== null && (
        <div class="everybody">
          <dt>Everybody</dt>
          <dd>
            <p class="predicted">
              <span class="value">{details.ratingMean.toFixed(1)}</span>
              <Range stars={details.ratingMean} />
              <span class="hint">{plural(details.ratingCount, 'rating')}</span>
            </p>
          </dd>
        </div>
      )}
      {explanation && (
        <div>
          <dt>Its place</dt>
          <dd>{placeOf(explanation)}</dd>
        </div>
      )}
    </dl>
  );
}

const EXCLUDED: Readonly<Record<string, string>> = {
  rated: 'you rated it',
  seen: 'you have seen it',
  dismissed: 'it is not for you',
};

function placeOf({ rank, outOf, excludedBy, parts }: Explanation): string {
  const place = `${rank.toLocaleString('en')} of ${outOf.toLocaleString('en')}`;
  if (excludedBy.length === 0) return `${place} in ${parts.ratings === 0 ? 'the' : 'your'} list`;
  const why = excludedBy.map((name) => EXCLUDED[name] ?? 'your filters leave it out');
  return `would be ${place}, but ${[...new Set(why)].join(' and ')}`;
}

function Similar({ state, film }: { state: State; film: Film }) {
  const { similar } = film.details;
  if (similar.length === 0) return null;
  return (
    <section aria-labelledby="similar-heading">
      <h3 id="similar-heading">Films like it</h3>
      <ul class="similar">
        {similar.map((movie) => (
          <li key={movie.movieId}>
            <a href={hrefOf(filmOf(state.address, movie.movieId))}>
              <Poster movie={movie} />
              <bdi class="similar-title">{shortTitle(movie.title)}</bdi>
              <span class="year">{movie.year}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
