import type { Waiting } from '../../state/connection.ts';

/** What a person can do about changes that wait to be stored. */
export interface OfflineActions {
  discard(entry: Waiting): void;
  /** Begins anew with what waits, because its person is gone. */
  adopt(): void;
  /** Forgets what waits, because its person is gone. */
  giveUp(): void;
}
