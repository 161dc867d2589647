/** Milliseconds up to which a difference of clocks may be the way of an answer. */
const TOLERANCE = 2000;

/** How far the Worker's clock is ahead of this machine's, milliseconds, as its last answer says. */
let ahead = 0;

/** Compares this machine's clock with that of an answer: a machine's clock may be wrong by years. */
export function compareClocks({ headers }: Response): void {
  const theirs = Date.parse(headers.get('Date') ?? '');
  if (Number.isNaN(theirs)) return;
  const difference = theirs - Date.now();
  ahead = Math.abs(difference) > TOLERANCE ? difference : 0;
}

/** A moment of this machine in seconds since the epoch, as the Worker counts them. */
export function secondsOf(at: number): number {
  return Math.floor((at + ahead) / 1000);
}

/** Runs what sends times. When its answer shows that they were wrong, it runs once more. */
export async function withTimes(send: () => Promise<unknown>): Promise<void> {
  const before = ahead;
  await send();
  if (Math.abs(ahead - before) > TOLERANCE) await send();
}
