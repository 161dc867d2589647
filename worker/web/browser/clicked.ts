import type { State } from '../state/state.ts';
import { send, staysHere } from './send.ts';

/**
 * Tells the Worker that a film was opened out of a list that it logs (`LIST_LOG`). Nobody waits for that: what fails is
 * lost. A film of one list counts once.
 */
export function tellClicked({ address, list }: State, movieId: number): void {
  const requestId = list?.requestId;
  if (address.view !== 'list' || !requestId || staysHere() || !list.rows.some(({ pick }) => pick.movieId === movieId))
    return;
  const event = { id: `${requestId}/${movieId}`, kind: 'clicked', movieId, requestId };
  const headers = { 'Content-Type': 'application/json' };
  send('/events', { method: 'POST', headers, body: JSON.stringify({ events: [event] }), keepalive: true }).catch(
    () => undefined,
  );
}
