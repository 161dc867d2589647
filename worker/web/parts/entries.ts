import type { Movie, Pick, Rated } from '../api.ts';
import { type Entry, make } from '../dom.ts';
import { createStars } from './stars.ts';

/** What a person can do with a movie. */
export interface Actions {
  rate(movie: Movie, rating: number): void;
  skip(movie: Movie): void;
  unrate(movie: Movie): void;
  /** The person's rating of a movie, null for none. */
  ratingOf(movieId: number): number | null;
}

function heading(movie: { title: string | null; year: number | null }): HTMLElement {
  const name = make('span', { class: 'title' }, movie.title ?? 'A film that this model does not know');
  return make(
    'p',
    { class: 'name' },
    name,
    ...(movie.year ? [' ', make('span', { class: 'year' }, String(movie.year))] : []),
  );
}

function genres(movie: Movie): HTMLElement {
  return make('p', { class: 'genres' }, movie.genres.join(' · '));
}

/** A card to rate a movie; with `canSkip`, also to say "not seen". */
export function rateEntry(movie: Movie, actions: Actions, canSkip: boolean): Entry<Movie> {
  const stars = createStars(movie.title, (rating) => actions.rate(movie, rating));
  const controls = make('div', { class: 'controls' }, stars.element);
  if (canSkip) {
    const skip = make(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Not seen: ${movie.title}` },
      'Not seen',
    );
    skip.addEventListener('click', () => actions.skip(movie));
    controls.append(skip);
  }
  const element = make('li', { class: 'card' }, make('div', {}, heading(movie), genres(movie)), controls);
  return { element, update: () => stars.set(actions.ratingOf(movie.movieId)) };
}

/** "Because you rated Alien ★ 4.5 and Aliens ★ 5": the stars are read out as words. */
function reasonText(because: Pick['because']): (Node | string)[] {
  return because.flatMap(({ title, rating }, index) => [
    index === 0 ? 'Because you rated ' : ' and ',
    make('cite', {}, title),
    make('span', { 'aria-hidden': 'true' }, ` ★ ${rating}`),
    make('span', { class: 'visually-hidden' }, ` ${rating} ${rating === 1 ? 'star' : 'stars'}`),
  ]);
}

/** A recommendation: the movie, the reasons, the predicted stars, and stars to rate it. */
export function pickEntry(movie: Pick, actions: Actions): Entry<Pick> {
  const stars = createStars(movie.title, (rating) => actions.rate(movie, rating));
  const predicted = make('p', { class: 'predicted' });
  const reason = make('p', { class: 'because' });
  const element = make(
    'li',
    { class: 'pick' },
    make('div', { class: 'what' }, heading(movie), genres(movie)),
    predicted,
    reason,
    stars.element,
  );
  return {
    element,
    update({ predictedRating, uncertainty, because, parts, popular }) {
      const rating = predictedRating.toFixed(1);
      const spread = uncertainty?.toFixed(1);
      const [sign, words] = spread ? [` ± ${spread}`, `, give or take ${spread}`] : ['', ''];
      predicted.replaceChildren(
        make('span', { 'aria-hidden': 'true' }, `★ ${rating}`, make('span', { class: 'spread' }, sign)),
        make('span', { class: 'visually-hidden' }, `predicted ${rating} stars${words}`),
      );
      const isPopular = popular === true && parts.ratings !== 0 && parts.popularity > parts.ratings;
      reason.replaceChildren(...(isPopular ? ['Popular with everybody'] : reasonText(because)));
      reason.hidden = because.length === 0 && !isPopular;
      stars.set(actions.ratingOf(movie.movieId));
    },
  };
}

/** A rating of the person, to change or to take back. */
export function ratedEntry(rated: Rated, actions: Actions): Entry<Rated> {
  const movie: Movie = { ...rated, title: rated.title ?? 'this film', genres: [] };
  const stars = createStars(movie.title, (rating) => actions.rate(movie, rating));
  const remove = make('button', { type: 'button', class: 'quiet', 'aria-label': `Remove: ${movie.title}` }, 'Remove');
  remove.addEventListener('click', () => actions.unrate(movie));
  const element = make(
    'li',
    { class: 'rated' },
    heading(rated),
    make('div', { class: 'controls' }, stars.element, remove),
  );
  return { element, update: ({ rating }) => stars.set(rating) };
}
