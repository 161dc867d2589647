import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** Bytes of the largest network that a browser is offered. */
const LARGEST = 64 * 2 ** 20;

/** Offers the neural opinion where the version in service has a network. */
export function Network({ state: { model, neural } }: { state: State }) {
  const { askNetwork } = useActions();
  if (!model || model.network === 0 || model.network > LARGEST) return null;
  return (
    <label class="chip with-scripts">
      <input
        type="checkbox"
        id="neural"
        checked={neural}
        autocomplete="off"
        onChange={(event) => askNetwork(event.currentTarget.checked)}
      />
      <span>Neural opinion</span>
    </label>
  );
}
