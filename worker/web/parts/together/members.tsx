import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Gathering } from '../../state/api.ts';
import { ENOUGH } from '../../state/deck.ts';
import { namesOf } from '../../state/together.ts';
import { useTogether } from './actions.ts';

/** Whether the list knows somebody well enough to be their own. */
export function isKnown({ rated }: Gathering['members'][number]): boolean {
  return rated >= ENOUGH;
}

interface MembersProps {
  readonly gathering: Gathering;
  readonly children: ComponentChildren;
}

/** Who is there and how far each has come, and the way out. */
export function Members({ gathering: { members, endsAt }, children }: MembersProps) {
  const names = namesOf(members);
  const you = members.find((member) => member.you);
  const missing = ENOUGH - (you?.rated ?? 0);
  return (
    <div class="members">
      <ul aria-label="Who is here">
        {members.map((member, at) => (
          <li key={member.place} class={`member${isKnown(member) ? ' ready' : ''}`}>
            <strong>{names[at]}</strong>{' '}
            <span>
              {isKnown(member) ? 'ready' : `${member.rated} of ${ENOUGH} rated`}
              <span aria-hidden="true"> {isKnown(member) && '✓'}</span>
            </span>
          </li>
        ))}
      </ul>
      <p class="hint">
        {missing > 0
          ? `Rate ${missing === ENOUGH ? `${ENOUGH} films` : `${missing} more`}, one at a time, and the list knows you. `
          : members.length === 1
            ? 'You are ready. Now somebody else. '
            : members.every(isKnown)
              ? 'The list knows all of you: choose below. '
              : ''}
        <End at={new Date(endsAt)} />
      </p>
      {children}
      <Leave ends={you?.place === 1} />
    </div>
  );
}

/** When it ends by itself. */
function End({ at }: { at: Date }) {
  const day = at.toDateString() === new Date().toDateString() ? 'today' : 'tomorrow';
  const time = at.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return (
    <>
      This ends by itself {day} at <time dateTime={at.toISOString()}>{time}</time>.
    </>
  );
}

/** Leaving is a second press away; whoever opened it ends it for all. */
function Leave({ ends }: { ends: boolean }) {
  const { leave } = useTogether();
  const [sure, ask] = useState(false);
  if (!sure) {
    return (
      <p class="leave">
        <button type="button" class="quiet" onClick={() => ask(true)}>
          {ends ? 'End it' : 'Leave'}
        </button>
      </p>
    );
  }
  return (
    <p class="leave" role="alert">
      {ends ? 'It ends for everybody. ' : 'You may come back by the same link. '}
      <button type="button" class="pill" onClick={() => ask(false)}>
        Stay
      </button>{' '}
      <button type="button" class="pill danger" onClick={leave}>
        {ends ? 'End it for all' : 'Leave it'}
      </button>
    </p>
  );
}
