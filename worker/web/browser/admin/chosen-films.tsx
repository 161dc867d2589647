import { useRef, useState } from 'preact/hooks';
import { troubleOf } from '../../state/state.ts';
import { Part, type PartOfDesk, useAsked } from './asked.tsx';
import type { ChosenFilm, Operator } from './client.ts';

/** What is done to a film: its button, and how the film then is. */
interface Deed {
  readonly button: string;
  readonly after: string;
  act(movieId: number): Promise<ChosenFilm[]>;
}

interface ChosenFilmsProps extends PartOfDesk {
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  list(): Promise<ChosenFilm[]>;
  readonly choose: Deed;
  readonly release: Deed;
}

/** A list of films that the operator chose: others join them by title, and leave again. */
export function ChosenFilms({ operator, say, list, choose, release, ...part }: ChosenFilmsProps) {
  const chosen = useAsked(list);
  const input = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<Awaited<ReturnType<Operator['find']>> | null>(null);
  const [trouble, setTrouble] = useState(chosen.trouble);
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      setTrouble(null);
    } catch (error) {
      setTrouble(troubleOf(error));
    }
  };
  const find = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const films = await operator.find(input.current!.value.trim());
      setFound(films);
      say(`${films.length} films found.`);
    });
  };
  const take = ({ after, act }: Deed, movieId: number, name: string) =>
    attempt(async () => {
      chosen.put(await act(movieId));
      setFound(null);
      say(`${name} is ${after}.`);
    });
  return (
    <Part {...part} trouble={trouble ?? chosen.trouble} again={chosen.again}>
      {chosen.answer?.length === 0 && <p class="hint">None is.</p>}
      <ul class="admin-films">
        {chosen.answer?.map(({ movieId, title }) => {
          const name = title ?? `Film ${movieId}, which this version lacks`;
          return (
            <li key={movieId}>
              {name}
              <button
                type="button"
                class="quiet"
                aria-label={`${release.button}: ${name}`}
                onClick={() => void take(release, movieId, name)}
              >
                {release.button}
              </button>
            </li>
          );
        })}
      </ul>
      <form class="admin-form" onSubmit={find}>
        <label class="field">
          Title
          <input ref={input} type="search" name="film" autocomplete="off" required />
        </label>
        <button type="submit" class="pill">
          Find
        </button>
      </form>
      {found?.length === 0 && <p class="hint">No film has such a title.</p>}
      <ul class="admin-films">
        {found?.map(({ movieId, title, year }) => (
          <li key={movieId}>
            {title} <span class="hint">{year}</span>
            <button
              type="button"
              class="pill"
              aria-label={`${choose.button}: ${title}`}
              onClick={() => void take(choose, movieId, title)}
            >
              {choose.button}
            </button>
          </li>
        ))}
      </ul>
    </Part>
  );
}
