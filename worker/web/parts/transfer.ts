import { ApiError, api, type Imported, type Unplaced } from '../api.ts';
import { byId, make } from '../dom.ts';

/** Lists names of films up to here, then only how many more there are. */
const NAMED = 20;

/**
 * Lets a person bring a file of ratings. `imported` is called when ratings were stored; what could not be placed is
 * listed under the button, with the reason.
 */
export function startImport(imported: (count: number) => Promise<void>, report: (error: unknown) => void): void {
  const input = byId<HTMLInputElement>('import');
  const outcome = byId('imported');
  input.addEventListener('change', async () => {
    const file = input.files?.[0];
    input.value = ''; // the same file may be chosen again
    if (!file) return;
    input.disabled = true;
    outcome.replaceChildren(make('p', {}, `Reading ${file.name}…`));
    outcome.hidden = false;
    try {
      const answer = await api.importFile(await file.arrayBuffer());
      outcome.replaceChildren(...told(answer));
      await imported(answer.ratings);
    } catch (error) {
      outcome.hidden = true;
      report(
        error instanceof ApiError ? error : new ApiError(`${file.name} cannot be read.`, 'Choose the file again.'),
      );
    } finally {
      input.disabled = false;
    }
  });
}

function told({ format, ratings, notFilms, ambiguous, unmatched }: Imported): HTMLElement[] {
  return [
    make('p', {}, `${ratings} ${ratings === 1 ? 'rating' : 'ratings'} brought in from ${format}.`),
    ...(notFilms > 0
      ? [make('p', {}, `${notFilms} left out: games, series, episodes and podcasts are no films.`)]
      : []),
    ...listed(unmatched, 'not known here'),
    ...listed(ambiguous, 'may be another film than ours; search for it and rate it'),
  ];
}

function listed(films: readonly Unplaced[], why: string): HTMLElement[] {
  if (films.length === 0) return [];
  const named = films.slice(0, NAMED).map((film) => make('li', {}, nameOf(film)));
  if (films.length > NAMED) named.push(make('li', {}, `and ${films.length - NAMED} more`));
  const summary = make('summary', {}, `${films.length} ${films.length === 1 ? 'film' : 'films'} ${why}`);
  return [make('details', {}, summary, make('ul', {}, ...named))];
}

function nameOf({ title, movieId, year }: Unplaced): string {
  const name = title ?? `id ${movieId}`;
  return year ? `${name} (${year})` : name;
}
