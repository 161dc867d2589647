import { useRef, useState } from 'preact/hooks';
import { troubleOf } from '../../state/state.ts';
import { Part, type PartOfDesk, useAsked } from './asked.tsx';
import type { Operator } from './client.ts';

/** Films that nobody is shown: others join them by title, and leave again. */
export function HiddenFilms({ operator, say }: PartOfDesk) {
  const hidden = useAsked(() => operator.hidden());
  const input = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<Awaited<ReturnType<Operator['find']>> | null>(null);
  const [trouble, setTrouble] = useState(hidden.trouble);
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
  const hide = (movieId: number, title: string) =>
    attempt(async () => {
      hidden.put(await operator.hide(movieId));
      setFound(null);
      say(`${title} is hidden.`);
    });
  const show = (movieId: number, name: string) =>
    attempt(async () => {
      hidden.put(await operator.show(movieId));
      say(`${name} is shown again.`);
    });
  return (
    <Part
      name="hidden"
      title="Hidden films"
      hint="In no list, no search and no question, in any version. What people rated stays theirs."
      trouble={trouble ?? hidden.trouble}
      again={hidden.again}
    >
      {hidden.answer?.length === 0 && <p class="hint">None is.</p>}
      <ul class="admin-films">
        {hidden.answer?.map(({ movieId, title }) => {
          const name = title ?? `Film ${movieId}, which this version lacks`;
          return (
            <li key={movieId}>
              {name}
              <button
                type="button"
                class="quiet"
                aria-label={`Show again: ${name}`}
                onClick={() => void show(movieId, name)}
              >
                Show again
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
            <button type="button" class="pill" aria-label={`Hide: ${title}`} onClick={() => void hide(movieId, title)}>
              Hide
            </button>
          </li>
        ))}
      </ul>
    </Part>
  );
}
