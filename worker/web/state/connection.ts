/** A change that waits until the Worker has taken it. One waits for a film and kind at most: the latest. */
export interface Waiting<Change = unknown> {
  /** Kind and film. */
  readonly key: string;
  /** Its name among the kinds (browser/offline/kinds.ts). */
  readonly kind: string;
  readonly movieId: number;
  readonly title: string;
  /** What was said of the film: "4 stars". */
  readonly what: string;
  /** When the person said it, milliseconds since the epoch by this machine's clock. */
  readonly at: number;
  /** Who said it; null: somebody whom the Worker did not know yet. */
  readonly user: number | null;
  /** Whether it was said in private mode: then no server is told. */
  readonly here: boolean;
  readonly change: Change;
}

/** What stands between the page and the Worker. */
export interface Connection {
  /** Who this browser is to the Worker; null: nobody yet; absent: not known. */
  readonly user?: number | null;
  /** Oldest first. */
  readonly waiting: readonly Waiting[];
  /** Why the Worker does not answer; null: it does. */
  readonly down: string | null;
  /** When it is asked again, milliseconds since the epoch; null: now, or when the network is back. */
  readonly againAt: number | null;
  /** When what is shown was had, milliseconds since the epoch; null: it is the latest. */
  readonly asOf: number | null;
  /** Whether the Worker no longer knows the person whose changes wait. */
  readonly gone: boolean;
}

export const CONNECTED: Connection = { waiting: [], down: null, againAt: null, asOf: null, gone: false };

/** The films whose changes are seen to wait: all of them while something is wrong, none while they are on their way. */
export function waitingFilms({ waiting, down, gone }: Connection): readonly number[] {
  return down !== null || gone ? waiting.map(({ movieId }) => movieId) : [];
}
