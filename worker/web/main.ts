import { ApiError, api, type Movie, type Order, type Pick, type Picks, type Rated } from './api.ts';
import { byId, KeyedList, make } from './dom.ts';
import { type Actions, pickEntry, ratedEntry, rateEntry } from './parts/entries.ts';
import { startForget } from './parts/forget.ts';
import { startOpinion } from './parts/opinion.ts';
import { startSearch } from './parts/search.ts';
import { skippedMovies } from './parts/skipped.ts';
import { startTastes, type Tastes } from './parts/tastes.ts';
import { startImport } from './parts/transfer.ts';

const QUESTIONS = 6;

const skipped = skippedMovies();
/** The person's ratings, oldest first. */
const ratings = new Map<number, Rated>();
let questions: Movie[] = [];
let order: Order = 'relevance';
let varied = false;
let tastes: Tastes | undefined;
/** Number of the newest request for recommendations. Answers to older ones are not shown. */
let asked = 0;

const actions: Actions = { rate, skip, unrate, ratingOf: (movieId) => ratings.get(movieId)?.rating ?? null };
const questionList = new KeyedList<Movie>(byId('questions'), (movie) => rateEntry(movie, actions, true));
const pickList = new KeyedList<Pick>(byId('picks'), (movie) => pickEntry(movie, actions));
const ratingList = new KeyedList<Rated>(byId('ratings'), (rated) => ratedEntry(rated, actions));
const search = startSearch(actions, report);
const opinion = startOpinion(() => void refresh());

async function rate(movie: Movie, rating: number): Promise<void> {
  const { movieId, title, year } = movie;
  await change(
    movieId,
    { movieId, title, year, rating },
    () => api.rate(movieId, rating),
    `${title}: ${rating} stars.`,
  );
}

async function unrate({ movieId, title }: Movie): Promise<void> {
  await change(movieId, null, () => api.unrate(movieId), `${title}: rating removed.`);
}

/** Shows a change at once, stores it and refreshes the lists. Undoes it when it cannot be stored. */
async function change(
  movieId: number,
  rated: Rated | null,
  store: () => Promise<unknown>,
  said: string,
): Promise<void> {
  const before = ratings.get(movieId);
  put(movieId, rated ?? undefined);
  showRatings();
  try {
    await store();
  } catch (error) {
    put(movieId, before);
    showRatings();
    report(error);
    return;
  }
  const picks = await refresh();
  if (picks) say(picks.items.length > 0 ? `${said} First for you now: ${picks.items[0].title}.` : said);
}

/** A changed rating keeps its place in the list; a new one goes last. */
function put(movieId: number, rated: Rated | undefined): void {
  if (rated) ratings.set(movieId, rated);
  else ratings.delete(movieId);
}

async function skip(movie: Movie): Promise<void> {
  skipped.add(movie.movieId);
  questions = questions.filter(({ movieId }) => movieId !== movie.movieId);
  await attempt(fillQuestions);
}

/** Requests recommendations and questions, and shows them unless a newer request was sent meanwhile. */
async function refresh(): Promise<Picks | undefined> {
  const turn = ++asked;
  const [answer] = await Promise.all([attempt(askPicks), attempt(fillQuestions)]);
  if (!answer || turn !== asked) return undefined;
  const { picks, basis } = answer;
  pickList.show(picks.items);
  byId('basis').textContent = basis ?? basisOf(picks);
  return picks;
}

async function askPicks() {
  const picks = await api.picks(opinion.count(), order, varied, tastes?.chosen()?.profile);
  return opinion.rerank(picks, [...ratings.values()]);
}

function basisOf({ basis, ratings, degraded }: Picks): string {
  if (degraded) return 'Your latest ratings cannot be read just now, so these may not know them.';
  if (basis === 'profile')
    return `What people of one taste like: ${tastes?.chosen()?.name}. One rating makes it yours.`;
  if (basis === 'popular') return 'What people like on average. One rating makes it yours.';
  return `From your ${ratings === 1 ? 'one rating' : `${ratings} ratings`}.`;
}

/** Questions on the screen stay there. The best new questions take the free places. */
async function fillQuestions(): Promise<void> {
  questions = questions.filter(({ movieId }) => !ratings.has(movieId));
  const fresh = await api.questions(QUESTIONS * 2, skipped.list());
  const known = new Set(questions.map(({ movieId }) => movieId));
  const free = fresh.filter(({ movieId }) => !known.has(movieId) && !ratings.has(movieId) && !skipped.has(movieId));
  questions = [...questions, ...free].slice(0, QUESTIONS);
  questionList.show(questions);
}

function showRatings(): void {
  ratingList.show([...ratings.values()].reverse());
  byId('mine').hidden = ratings.size === 0;
  tastes?.offer(ratings.size === 0);
  byId('mine-heading').textContent = `Your ratings (${ratings.size})`;
  questionList.show(questions);
  search.show();
}

async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await action();
    byId('problem').hidden = true;
    return result;
  } catch (error) {
    report(error);
    return undefined;
  }
}

function report(error: unknown): void {
  console.error(error);
  const known =
    error instanceof ApiError ? error : new ApiError('Something went wrong on this page.', 'Load it again.');
  const close = make('button', { type: 'button', class: 'quiet' }, 'Close');
  const box = byId('problem');
  close.addEventListener('click', () => {
    box.hidden = true;
  });
  box.replaceChildren(make('p', {}, make('strong', {}, known.message), ` ${known.fix ?? ''}`), close);
  box.hidden = false;
}

function say(text: string): void {
  byId('status').textContent = text;
}

async function showModel(): Promise<void> {
  const model = await api.model();
  const { version, dataset } = model;
  opinion.offer(model);
  const count = (n: number) => n.toLocaleString('en');
  byId('about').textContent =
    `Model ${version}: ${count(dataset.ratings)} ratings of ${count(dataset.movies)} films (${dataset.name}).`;
}

for (const input of document.querySelectorAll<HTMLInputElement>('input[name="by"]')) {
  input.addEventListener('change', () => {
    order = input.value as Order;
    void refresh();
  });
}

byId<HTMLInputElement>('variety').addEventListener('change', ({ target }) => {
  varied = (target as HTMLInputElement).checked;
  void refresh();
});

startImport(async (count) => {
  if (count === 0) return;
  await showStored();
  await refresh();
}, report);

startForget(async () => {
  try {
    await api.forget();
  } catch (error) {
    report(error);
    return;
  }
  ratings.clear();
  skipped.clear();
  questions = [];
  showRatings();
  await refresh();
  say('Your ratings are deleted.');
  byId('for-you').focus();
});

/** Shows the ratings that the Worker has stored. */
async function showStored(): Promise<void> {
  const stored = await attempt(api.ratings);
  if (!stored) return;
  ratings.clear();
  for (const rated of stored) ratings.set(rated.movieId, rated);
  showRatings();
}

const first = await refresh();
if (first?.user != null) await showStored();
tastes = await attempt(() => startTastes(refresh));
tastes?.offer(ratings.size === 0);
await attempt(showModel);
