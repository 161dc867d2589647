import { api, type Movie } from '../api.ts';
import { byId, KeyedList } from '../dom.ts';
import { type Actions, rateEntry } from './entries.ts';

/** Milliseconds without a key press before a search is sent. */
const PAUSE = 150;

/**
 * The search box. While it holds text, the films found take the place of the questions.
 *
 * @returns `show` shows the films found again, after ratings changed
 */
export function startSearch(actions: Actions, report: (error: unknown) => void): { show(): void } {
  const input = byId<HTMLInputElement>('query');
  const results = byId('results');
  const questions = byId('questions');
  const none = byId('no-results');
  const list = new KeyedList<Movie>(results, (movie) => rateEntry(movie, actions, false));
  let found: readonly Movie[] = [];
  let timer: number | undefined;

  function show(query = input.value.trim()): void {
    const searching = query !== '';
    list.show(searching ? found : []);
    results.hidden = !searching || found.length === 0;
    questions.hidden = searching;
    none.hidden = !searching || found.length > 0;
    none.textContent = `No film is called “${query}”.`;
  }

  async function search(query: string): Promise<void> {
    try {
      const movies = await api.search(query);
      if (query !== input.value.trim()) return; // typed on meanwhile
      found = movies;
      show();
      byId('status').textContent = `${movies.length} ${movies.length === 1 ? 'film' : 'films'} found.`;
    } catch (error) {
      report(error);
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer);
    const query = input.value.trim();
    if (query !== '') {
      timer = setTimeout(() => search(query), PAUSE);
      return;
    }
    found = [];
    show();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || input.value === '') return;
    event.preventDefault();
    input.value = '';
    input.dispatchEvent(new Event('input'));
  });
  byId('search').addEventListener('submit', (event) => event.preventDefault());
  return { show: () => show() };
}
