import { hrefOf, viewOf } from '../../state/address.ts';
import { heldMarks } from '../../state/marks.ts';
import type { State } from '../../state/state.ts';

/** The link to the watchlist in the head of the page. */
export function ToWatchlist({ state }: { state: State }) {
  const held = heldMarks(state);
  if (held.length === 0) return null;
  return (
    <a class="to-mine" href={hrefOf(viewOf(state.address, 'watchlist'))}>
      Watchlist ({held.filter(({ mark }) => mark === 'watchlist').length})
    </a>
  );
}
