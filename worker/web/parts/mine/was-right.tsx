import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** From so many ratings on a mean is worth telling. */
const TELLING = 5;

/** "Was I right about you?" Its words come, with a script of their own, when somebody looks at their ratings. */
export function WasRight({ state }: { state: State }) {
  const { askPredictions } = useActions();
  const [parts, take] = useState<{ readonly Hindsight: ComponentType<{ state: State }> }>();
  const { predictions } = state.mine;
  const enough = state.ratings.length + state.removed.length >= TELLING;
  useEffect(() => {
    if (!enough || !askPredictions) return; // what the Worker drew is taken up before there are actions
    askPredictions();
    void import('./hindsight.tsx').then(take, () => {});
  }, [enough, askPredictions]);
  if (!enough) return null;
  return (
    <section class="hindsight with-scripts" aria-labelledby="hindsight-heading" aria-busy={!(predictions && parts)}>
      <h3 id="hindsight-heading">Was I right about you?</h3>
      {predictions && parts ? (
        <parts.Hindsight state={state} />
      ) : (
        <p class="hint">Looking at what I would have predicted before each rating …</p>
      )}
    </section>
  );
}
