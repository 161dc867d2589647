import type { Imported } from '../../state/api.ts';
import { plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** Lists names of films up to here, then only how many more there are. */
const NAMED = 20;

type Unplaced = Imported['unmatched'][number];

/** Lets a person bring a file of ratings, and says what became of it. */
export function Bring({ state: { imported } }: { state: State }) {
  const { importFile } = useActions();
  return (
    <section class="bring">
      <label>
        <span>Bring your ratings</span>
        <input
          id="import"
          type="file"
          accept=".csv,.dat,.zip,.gz,text/csv"
          onChange={(event) => {
            importFile(event.currentTarget.files?.[0]);
            event.currentTarget.value = ''; // the same file may be chosen again
          }}
        />
      </label>
      <p class="hint">A Letterboxd or IMDb export, or MovieLens ratings</p>
      <div id="imported" role="status">
        {imported && 'format' in imported && <Outcome imported={imported} />}
      </div>
      {imported && 'message' in imported && (
        <p class="problem" role="alert">
          {imported.message} {imported.fix}
        </p>
      )}
    </section>
  );
}

function Outcome({ imported: { format, ratings, notFilms, ambiguous, unmatched } }: { imported: Imported }) {
  return (
    <>
      <p>
        {plural(ratings, 'rating')} brought in from {format}.
      </p>
      {notFilms > 0 && <p>{notFilms} left out: games, series, episodes and podcasts are no films.</p>}
      <Listed films={unmatched} why="not known here" />
      <Listed films={ambiguous} why="may be another film than ours; search for it and rate it" />
    </>
  );
}

function Listed({ films, why }: { films: readonly Unplaced[]; why: string }) {
  if (films.length === 0) return null;
  return (
    <details>
      <summary>
        {plural(films.length, 'film')} {why}
      </summary>
      <ul>
        {films.slice(0, NAMED).map((film) => (
          <li key={film.line}>{nameOf(film)}</li>
        ))}
        {films.length > NAMED && <li>and {films.length - NAMED} more</li>}
      </ul>
    </details>
  );
}

function nameOf({ title, movieId, year }: Unplaced): string {
  const name = title ?? `id ${movieId}`;
  return year ? `${name} (${year})` : name;
}
