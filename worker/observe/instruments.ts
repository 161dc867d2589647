/** One line of the Prometheus text format: a name's suffix, labels and a value. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is said of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

/** Between the values of several labels in a key: no label has it. */
const BETWEEN = '\u0000';

/** Counts by the values of labels. Who counts sees to it that these are few. */
export class Counter<Label extends string = never> {
  readonly #labels: readonly Label[];
  readonly #counts = new Map<string, number>();

  constructor(...labels: Label[]) {
    this.#labels = labels;
  }

  /** @param values of the labels, in their order */
  add(values: readonly string[] = [], by = 1): void {
    const key = values.join(BETWEEN);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  get entries(): { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[] {
    return Array.from(this.#counts, ([key, value]) => {
      const values = key.split(BETWEEN);
      const labels = Object.fromEntries(this.#labels.map((label, at) => [label, values[at]]));
      return { labels: labels as Record<Label, string>, value };
    });
  }

  family(name: string, help: string): Family {
    const none = this.#labels.length === 0 && this.#counts.size === 0;
    return { name, help, type: 'counter', samples: none ? [{ labels: {}, value: 0 }] : this.entries };
  }
}

/** Upper bounds of a request's duration, inclusive, in seconds; one more bucket has no bound. */
export const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How often something took how long. */
interface Durations {
  /** By bucket, not cumulative. */
  readonly counts: Uint32Array;
  sum: number;
}

/** Durations by the value of a label. */
export class Histogram {
  readonly #label: string;
  readonly #durations = new Map<string, Durations>();

  constructor(label: string) {
    this.#label = label;
  }

  observe(value: string, seconds: number): void {
    let durations = this.#durations.get(value);
    if (!durations) {
      durations = { counts: new Uint32Array(BOUNDS.length + 1), sum: 0 };
      this.#durations.set(value, durations);
    }
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    durations.counts[at < 0 ? BOUNDS.length : at]++;
    durations.sum += seconds;
  }

  /**
   * The bound in seconds below which a share of the durations lies; null beyond the last bound, and where there are none.
   *
   * @param value of the label; absent: of all together
   */
  quantile(share: number, value?: string): number | null {
    const of = value === undefined ? [...this.#durations.values()] : [this.#durations.get(value)];
    const counts = BOUNDS.map((_, at) => of.reduce((sum, durations) => sum + (durations?.counts[at] ?? 0), 0));
    const total = of.reduce((sum, durations) => sum + (durations?.counts.reduce((a, b) => a + b, 0) ?? 0), 0);
    let below = 0;
    for (const [at, bound] of BOUNDS.entries()) {
      below += counts[at];
      if (total > 0 && below >= share * total) return bound;
    }
    return null;
  }

  family(name: string, help: string): Family {
    const samples = [...this.#durations].flatMap(([value, { counts, sum }]): Sample[] => {
      const labels = { [this.#label]: value };
      let below = 0;
      const buckets = Array.from(counts, (count, at): Sample => {
        below += count;
        const le = at < BOUNDS.length ? String(BOUNDS[at]) : '+Inf';
        return { suffix: '_bucket', labels: { ...labels, le }, value: below };
      });
      return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }];
    });
    return { name, help, type: 'histogram', samples };
  }
}
