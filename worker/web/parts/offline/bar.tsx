import { useEffect, useState } from 'preact/hooks';
import type { Connection, Waiting } from '../../state/connection.ts';
import { plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** Changes that are named; of more only the number is said. */
const NAMED = 50;

/** Says in the person's sight what keeps the Worker from answering, what waits for it, and what they can do. */
export function ConnectionBar({ state: { connection } }: { state: State }) {
  const { down, gone, waiting } = connection;
  if (gone) return <Gone waiting={waiting} />;
  if (down !== null) return <Down connection={connection} />;
  if (waiting.length === 0) return null;
  return <p class="connection late">Storing {plural(waiting.length, 'answer')}…</p>;
}

function Down({ connection: { down, asOf, againAt, waiting } }: { connection: Connection }) {
  const { retry } = useActions();
  return (
    <aside class="connection" aria-label="Connection">
      <p>
        <strong>{down}</strong> {asOf !== null && <span>What you see is as of {momentOf(asOf)}.</span>}
      </p>
      <p class="again">
        <Countdown to={againAt} />
        <button type="button" class="pill" onClick={retry}>
          Try now
        </button>
      </p>
      {waiting.length > 0 && (
        <details>
          <summary>{waiting.length === 1 ? '1 answer waits' : `${waiting.length} answers wait`} to be stored</summary>
          <Entries waiting={waiting} />
        </details>
      )}
    </aside>
  );
}

function Gone({ waiting }: { waiting: readonly Waiting[] }) {
  const { adopt, giveUp } = useActions();
  return (
    <aside class="connection" aria-label="Connection">
      <p>
        <strong>You are no longer known here.</strong>{' '}
        {navigator.cookieEnabled
          ? 'You were forgotten elsewhere, or your session ended. '
          : 'This browser takes no cookies of this site: allow them, then begin anew. '}
        {waiting.length > 0 &&
          `${waiting.length === 1 ? 'One answer is' : `${waiting.length} answers are`} not stored.`}
      </p>
      {waiting.length === 0 ? (
        <p class="again">
          <button type="button" class="pill" onClick={giveUp}>
            Begin anew
          </button>
        </p>
      ) : (
        <>
          <p class="again">
            <button type="button" class="pill" onClick={adopt}>
              Begin anew with {waiting.length === 1 ? 'it' : 'them'}
            </button>
            <button type="button" class="quiet" onClick={giveUp}>
              Discard
            </button>
          </p>
          <details>
            <summary>What is not stored</summary>
            <Entries waiting={waiting} />
          </details>
        </>
      )}
    </aside>
  );
}

function Entries({ waiting }: { waiting: readonly Waiting[] }) {
  const { discard } = useActions();
  return (
    <ul>
      {waiting.slice(0, NAMED).map((entry) => (
        <li key={entry.key}>
          <span>
            {entry.title}: {entry.what}
          </span>
          <button type="button" class="quiet" aria-label={`Discard: ${entry.title}`} onClick={() => discard(entry)}>
            Discard
          </button>
        </li>
      ))}
      {waiting.length > NAMED && <li>and {waiting.length - NAMED} more</li>}
    </ul>
  );
}

/** Counts the seconds down to a moment, milliseconds since the epoch. */
function Countdown({ to }: { to: number | null }) {
  const [now, tick] = useState(Date.now);
  useEffect(() => {
    if (to === null) return;
    tick(Date.now());
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [to]);
  if (to === null) return null;
  return <span role="timer">Again in {Math.max(0, Math.ceil((to - now) / 1000))} s</span>;
}

/** "14:03", and the day where it is another one. */
function momentOf(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })}, ${time}`;
}
