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
      <p class="hint">
        Two to eight people, one list: it ranks by whoever likes a film least. Nobody sees another’s ratings.
      </p>
      {Body ? <Body state={state} /> : <div class="together-body with-scripts" aria-busy="true" />}
      <p class="without-scripts">Looking for a film together needs JavaScript.</p>
    </section>
  );
}
