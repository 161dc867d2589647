import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** The films whose changes wait to be stored. */
export const WaitingContext = createContext<readonly number[]>([]);

/** Says of a film that what was said about it waits to be stored. */
export function Waits({ movieId }: { movieId: number }) {
  if (!useContext(WaitingContext).includes(movieId)) return null;
  return <span class="waits">waits</span>;
}
