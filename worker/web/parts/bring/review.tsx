import { useState } from 'preact/hooks';
import type { Imported, Movie } from '../../state/api.ts';
import { plural } from '../../state/state.ts';
import { Doubt, type Unplaced } from './doubt.tsx';
import { factsOf } from './facts.ts';

/** Films that are listed at once: thousands would be thousands of elements. */
const LISTED = 20;

/** What a person chose for a line: a film, or nothing, which leaves it out. */
export type Chosen = ReadonlyMap<string, Movie>;

export interface ReviewProps {
  /** Of the files. */
  readonly name: string;
  readonly imported: Imported;
  /** The year in which the films here end. */
  readonly until: number | null | undefined;
  find(query: string): Promise<readonly Movie[]>;
  store(chosen: Chosen): void;
  leave(): void;
}

/** What is in a file, and what of it would be stored. */
export function Review({ name, imported, until, find, store, leave }: ReviewProps) {
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const choose = (place: string, movie: Movie | null) => {
    const next = new Map(chosen);
    if (movie) next.set(place, movie);
    else next.delete(place);
    setChosen(next);
  };
  const { ambiguous, unmatched, more } = imported;
  const films = imported.ratings - imported.held + imported.seen + imported.watchlist + chosen.size;
  const rest = { chosen, choose, find };
  return (
    <>
      <p>
        <b>{name}</b>, from {imported.format}. Nothing of it is stored yet.
      </p>
      <ul class="facts" aria-label="What is in the file">
        {factsOf(imported).map(({ count, text }) => (
          <li key={text}>
            <b>{count.toLocaleString('en')}</b> {text}
          </li>
        ))}
      </ul>
      <Sample imported={imported} />
      {imported.parts.length > 1 && <Parts parts={imported.parts} />}
      <p class="choices bar">
        <button type="button" class="pill" onClick={leave}>
          Leave it
        </button>
        <button id="store" type="button" class="pill main" disabled={films === 0} onClick={() => store(chosen)}>
          {films === 0 ? 'Nothing new to store' : `Store ${plural(films, 'film')}`}
        </button>
      </p>
      <Doubtful
        id="ambiguous"
        films={ambiguous}
        more={more.ambiguous}
        heading="may be another film than ours"
        hint="They are left out unless you choose."
        open={true}
        {...rest}
      />
      <Doubtful
        id="unmatched"
        films={unmatched}
        more={more.unmatched}
        heading="not known here"
        hint={`They are left out unless you find them.${until ? ` The films here end in ${until}.` : ''}`}
        open={ambiguous.length === 0 && unmatched.length <= LISTED}
        {...rest}
      />
    </>
  );
}

/** Some of the films that were found. */
function Sample({ imported: { matched, more } }: { imported: Imported }) {
  if (matched.length === 0) return null;
  const films = matched.map(({ title, rating }) => `${title} ★ ${rating}`).join(' · ');
  return (
    <p class="hint">
      {films}
      {more.matched > 0 && ` and ${more.matched.toLocaleString('en')} more`}
    </p>
  );
}

/** What each of several files gave. */
function Parts({ parts }: { parts: Imported['parts'] }) {
  return (
    <details class="parts-of">
      <summary>{parts.length} files were read</summary>
      <ul class="hint">
        {parts.map(({ name, ratings, seen, watchlist }) => (
          <li key={name}>
            {name}:{' '}
            {[
              ratings > 0 && plural(ratings, 'rating'),
              seen > 0 && `${plural(seen, 'film')} seen`,
              watchlist > 0 && `${plural(watchlist, 'film')} wanted`,
            ]
              .filter(Boolean)
              .join(', ') || 'nothing'}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface DoubtfulProps extends Pick<ReviewProps, 'find'> {
  readonly id: string;
  readonly films: readonly Unplaced[];
  readonly more: number;
  readonly heading: string;
  readonly hint: string;
  readonly open: boolean;
  readonly chosen: Chosen;
  choose(place: string, movie: Movie | null): void;
}

/** Films that a person may place, some at a time. */
function Doubtful({ id, films, more, heading, hint, open, chosen, choose, find }: DoubtfulProps) {
  const [listed, list] = useState(LISTED);
  if (films.length === 0) return null;
  return (
    <details class="doubtful" id={id} open={open}>
      <summary>
        {plural(films.length + more, 'film')} {heading}
      </summary>
      <p class="hint">{hint}</p>
      <ul>
        {films.slice(0, listed).map((film) => {
          const place = `${film.file ?? ''}:${film.line}`;
          return (
            <Doubt
              key={place}
              film={film}
              chosen={chosen.get(place) ?? null}
              choose={(movie) => choose(place, movie)}
              find={find}
            />
          );
        })}
      </ul>
      {films.length > listed && (
        <button type="button" class="pill" onClick={() => list(listed + LISTED)}>
          {Math.min(LISTED, films.length - listed)} more
        </button>
      )}
      {films.length <= listed && more > 0 && (
        <p class="hint">And {more.toLocaleString('en')} more, which are left out. Send them in a file of their own.</p>
      )}
    </details>
  );
}
