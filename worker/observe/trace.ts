/** What takes a request's time: the version, what is known of the person, their taste, the list, and writing to D1. */
export type Phase = 'model' | 'ratings' | 'fold-in' | 'rank' | 'write';

/** What is known of one request while it is answered. */
export class Trace {
  readonly id: string;
  readonly startedAt: number;
  /** Milliseconds by phase, in the order in which they began. */
  readonly phases = new Map<Phase, number>();
  version: string | null = null;
  /** Of the list that it made. */
  basis: string | null = null;
  /** Whom it reads or writes for. */
  user: number | null = null;
  readonly #now: () => number;

  /** @param now milliseconds; on Cloudflare this clock stands still while the processor works, and moves with I/O alone */
  constructor(id: string, now: () => number) {
    this.id = id;
    this.#now = now;
    this.startedAt = now();
  }

  /** Milliseconds since the request came. */
  elapsed(): number {
    return this.#now() - this.startedAt;
  }

  /** Does some work, and adds the time that it took to its phase. */
  during<T>(phase: Phase, work: () => T): T {
    const since = this.#now();
    const add = () => this.phases.set(phase, (this.phases.get(phase) ?? 0) + this.#now() - since);
    let done: T;
    try {
      done = work();
    } catch (error) {
      add();
      throw error;
    }
    if (!(done instanceof Promise)) {
      add();
      return done;
    }
    return done.finally(add) as T;
  }

  /** The phases for the header `Server-Timing`. */
  get serverTiming(): string {
    const all: [string, number][] = [...this.phases, ['total', this.elapsed()]];
    return all.map(([name, milliseconds]) => `${name};dur=${Math.round(milliseconds * 10) / 10}`).join(', ');
  }
}
