import { useRef, useState } from 'preact/hooks';
import { shortTitle } from '../../parts/film/title.tsx';
import { plural, type Trouble, troubleOf } from '../../state/state.ts';
import { count, Part, type PartOfDesk } from './asked.tsx';
import type { PersonSeen } from './client.ts';

/** A person by their number: their list as they see it, why, and the way to delete them. */
export function Person({ operator, say }: PartOfDesk) {
  const input = useRef<HTMLInputElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const [person, setPerson] = useState<PersonSeen | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const attempt = async (work: () => Promise<string>) => {
    try {
      say(await work());
      setTrouble(null);
    } catch (error) {
      setPerson(null);
      setTrouble(troubleOf(error));
    }
  };
  const look = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const seen = await operator.person(Number(input.current!.value));
      setPerson(seen);
      return `The list of ${seen.user}: first ${seen.items[0]?.title ?? 'nothing'}.`;
    });
  };
  const remove = () => {
    dialog.current!.close();
    void attempt(async () => {
      await operator.deletePerson(person!.user!);
      setPerson(null);
      return `${person!.user} is deleted.`;
    });
  };
  return (
    <Part name="person" title="A person" trouble={trouble}>
      <form class="admin-form" onSubmit={look}>
        <label class="field">
          Number
          <input
            ref={input}
            type="text"
            inputMode="numeric"
            pattern="[0-9]{1,10}"
            name="user"
            autocomplete="off"
            required
          />
        </label>
        <button type="submit" class="pill">
          Look
        </button>
      </form>
      {person && (
        <>
          <About person={person} />
          <ol class="admin-list">
            {person.items.map((item) => (
              <li key={item.movieId}>
                <Listed item={item} />
              </li>
            ))}
          </ol>
          <button type="button" class="pill danger" onClick={() => dialog.current!.showModal()}>
            Delete this person
          </button>
        </>
      )}
      <dialog ref={dialog} aria-labelledby="delete-heading">
        <h2 id="delete-heading">Delete {person?.user}?</h2>
        <p>
          Their ratings and marks go at once, their row of the model at the next retrain. Nobody can bring them back,
          and the number is never given out again.
        </p>
        <p class="choices">
          <button type="button" class="pill" onClick={() => dialog.current!.close()}>
            Keep
          </button>
          <button type="button" class="pill danger" onClick={remove}>
            Delete
          </button>
        </p>
      </dialog>
    </Part>
  );
}

function About({ person: { user, basis, ratings, newer, trained, marks, degraded } }: { person: PersonSeen }) {
  const marked = Object.entries(marks).map(([mark, films]) => `${count(films)} ${mark}`);
  return (
    <p>
      <strong>{user}</strong>: {plural(ratings, 'rating')}, {count(newer)} of them in D1
      {trained && ', some in the model'}
      {marked.length > 0 && `; marked ${marked.join(', ')}`}. The list is {basis}
      {degraded && `, without ${degraded.join(' and ')}`}.
    </p>
  );
}

function Listed({ item }: { item: PersonSeen['items'][number] }) {
  const { movieId, title, year, predictedRating, score, because = [], popular } = item;
  return (
    <>
      <p>
        <a href={`/film/${movieId}`}>{shortTitle(title)}</a>{' '}
        <span class="hint">
          {year} · {predictedRating.toFixed(1)} ★ · score {score.toFixed(3)}
        </span>
      </p>
      {because.length > 0 && (
        <p class="hint">
          because of{' '}
          {because
            .map(({ title, rating, contribution }) => `${shortTitle(title)} (${rating} ★, ${contribution.toFixed(2)})`)
            .join(', ')}
        </p>
      )}
      {popular && <p class="hint">because people like it anyway</p>}
    </>
  );
}
