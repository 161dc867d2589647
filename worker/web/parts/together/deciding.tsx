import type { DecidingQuestion, Gathering } from '../../state/api.ts';
import { namesOf } from '../../state/together.ts';
import { Poster } from '../film/poster.tsx';
import { shortTitle } from '../film/title.tsx';
import { useTogether } from './actions.ts';
import { isKnown } from './members.tsx';

interface DecidingProps {
  readonly question: DecidingQuestion;
  readonly members: Gathering['members'];
}

/** The one question that would change the list most, and what each answer would do. It is answered on the card. */
export function Deciding({ question: { person, movie, outcomes }, members }: DecidingProps) {
  const { askNow } = useTogether();
  const asked = members[person];
  if (!asked) return null; // left meanwhile
  const name = namesOf(members)[person];
  const leads = new Set(outcomes.map(({ first }) => first?.movieId)).size > 1;
  return (
    <section class={`deciding${asked.you ? '' : ' theirs'}`} aria-labelledby="deciding-heading">
      <Poster movie={movie} />
      <div>
        <h3 id="deciding-heading">
          {members.every(isKnown) ? 'One answer would decide it' : 'One answer would tell most'}:{' '}
          {asked.you ? 'have you' : `has ${name}`} seen <cite>{shortTitle(movie.title)}</cite>{' '}
          <span class="year">{movie.year}</span>?
        </h3>
        <ul class="outcomes">
          {outcomes.map((outcome) => (
            <li key={outcome.rating}>
              <span class="stars-given">
                {outcome.rating} <span aria-hidden="true">★</span>
                <span class="visually-hidden">stars</span>
              </span>
              <span>{effectOf(outcome, leads)}</span>
            </li>
          ))}
        </ul>
        {asked.you ? (
          <button type="button" class="pill" onClick={() => askNow(movie)}>
            Answer it
          </button>
        ) : (
          <p class="hint">{name} can answer it on their own screen.</p>
        )}
      </div>
    </section>
  );
}

/** What an answer would do. @param leads whether answers differ in what leads the list */
function effectOf({ first, brings }: DecidingQuestion['outcomes'][number], leads: boolean): string {
  if (leads && first) return `${shortTitle(first.title)} comes first`;
  if (brings.length === 0) return 'the first ten stay';
  return `${shortTitle(brings[0].title)}${brings.length > 1 ? ` and ${brings.length - 1} more` : ''} into the first ten`;
}
