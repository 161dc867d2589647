import type { Api } from '../../state/api.ts';
import { type ApiError, isGone, passes } from '../../state/api-error.ts';
import type { Waiting } from '../../state/connection.ts';
import { withTimes } from './clock.ts';
import { KINDS } from './kinds.ts';
import { Shelf } from './shelf.ts';

/** The most changes of one request. */
const MOST = 500;

/** What becomes of changes. */
interface Outcome {
  stored(entries: readonly Waiting[], user: number): void;
  /** Refused for good. Without it such a change stays, for a page that can say so. */
  refused?(entry: Waiting, why: ApiError): void;
}

/**
 * Changes that the Worker has not taken yet. All tabs and the service worker of a browser share it, and one of them
 * delivers at a time. Each change carries the time of the person's click, and the latest wins, so that it means the same
 * however late or often it comes.
 */
export class Outbox {
  readonly #shelf = new Shelf<Waiting>('outbox');

  /** @param here what was said in private mode, else what the Worker shall have */
  async waiting(here: boolean): Promise<Waiting[]> {
    return (await this.#shelf.all()).filter((entry) => entry.here === here).sort((a, b) => a.at - b.at);
  }

  /** Keeps a change, in place of an older one of the same kind and film. */
  add(entry: Waiting): Promise<void> {
    const { after } = KINDS[entry.kind];
    const newer = (held: Waiting) => ({
      ...entry,
      at: Math.max(entry.at, held.at + 1),
      change: after(held.change as never, entry.change as never),
    });
    return this.#shelf.update(entry.key, (held) => (held ? newer(held) : entry));
  }

  /** Takes a change away, unless a newer one stands in its place. */
  remove({ key, at }: Waiting): Promise<void> {
    return this.#shelf.update(key, (held) => (held?.at === at ? undefined : held));
  }

  clear(): Promise<void> {
    return this.#shelf.clear();
  }

  /** What waits is from now on said by whoever this browser is, or becomes. */
  async adopt(): Promise<void> {
    for (const { key } of await this.waiting(false)) {
      await this.#shelf.update(key, (held) => held && { ...held, user: null });
    }
  }

  /** Sends what waits. Throws what keeps it from being stored now. @param here as of `waiting` */
  deliver(api: Api, here: boolean, outcome: Outcome): Promise<void> {
    return oneAtATime(async () => {
      for (const group of groupsOf(await this.waiting(here))) await this.#send(api, group, outcome);
    });
  }

  async #send(api: Api, group: readonly Waiting[], outcome: Outcome): Promise<void> {
    const [{ kind, user }] = group;
    try {
      const sender = user ?? (await api.begin());
      await withTimes(() => KINDS[kind].send(api, group as never, sender));
      for (const entry of group) await this.remove(entry);
      outcome.stored(group, sender);
    } catch (error) {
      if (passes(error) || isGone(error)) throw error;
      if (group.length > 1) {
        for (const entry of group) await this.#send(api, [entry], outcome); // the others may be welcome
      } else if (outcome.refused) {
        await this.remove(group[0]);
        outcome.refused(group[0], error as ApiError);
      }
    }
  }
}

/** What one request may hold: changes of one kind and person. */
function groupsOf(waiting: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  for (const entry of waiting) {
    const fitting = groups.find(([{ kind, user }, ...rest]) => {
      return kind === entry.kind && user === entry.user && rest.length + 1 < MOST;
    });
    if (fitting) fitting.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

let last: Promise<unknown> = Promise.resolve();

/** One in this browser; where there are no locks, as in a file, one in this tab. */
function oneAtATime(act: () => Promise<void>): Promise<void> {
  if (navigator.locks && location.protocol !== 'file:') return navigator.locks.request('marquee.outbox', act);
  const mine = last.then(act);
  last = mine.catch(() => {});
  return mine;
}
