import { hrefOf, viewOf } from '../../state/address.ts';
import type { State } from '../../state/state.ts';
import { Back } from '../back.tsx';
import { late } from './late.ts';

/** Two to eight people find a film. The Worker draws what every gathering has; the browser loads the rest. */
export function Together({ state }: { state: State }) {
  const { Body } = late;
  return (
    <section class="together" aria-labelledby="together-heading">
      <Back address={state.address} />
      <h2 id="together-heading" tabIndex={-1}>
        Together
      </h2>
      {!state.address.gathering && (
        <p class="hint">One list for two to eight people: first what nobody minds. Nobody sees another’s ratings.</p>
      )}
      {state.privacy.kept !== 'there' ? (
        <NotPrivately state={state} />
      ) : Body ? (
        <Body state={state} />
      ) : (
        <div class="together-body with-scripts" aria-busy="true" />
      )}
      <p class="without-scripts">Looking for a film together needs JavaScript.</p>
    </section>
  );
}

function NotPrivately({ state: { address } }: { state: State }) {
  return (
    <p>
      The list of several people is made by the server, and your ratings stay in this browser. To look for a film
      together, turn private mode off under <a href={hrefOf(viewOf(address, 'mine'))}>Your ratings</a>.
    </p>
  );
}
