import { OUTCOMES_KEY, parseOutcomes, type RetrainOutcome } from '../../shared/artifact/retrain-outcomes.ts';
import { answerOfR2 } from './bucket.ts';

/** Milliseconds for which what was read counts. */
const FRESH = 10_000;
/** Milliseconds after which a night that has not ended counts as killed: none takes so long. */
const LONGEST_NIGHT = 6 * 3_600_000;

/** What became of the newest nights, read from R2 when somebody asks, and kept for seconds. */
export class RetrainOutcomes {
  readonly #now: () => number;
  #kept: { readonly nights: RetrainOutcome[]; readonly etag: string } | undefined;
  #since = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The newest first; those of before when R2 does not answer. */
  async read(bucket: R2Bucket): Promise<readonly RetrainOutcome[]> {
    if (this.#now() - this.#since >= FRESH) await this.#look(bucket).catch(() => undefined);
    return (this.#kept?.nights ?? []).map((night) => this.#settled(night));
  }

  async #look(bucket: R2Bucket): Promise<void> {
    this.#since = this.#now();
    const known = this.#kept?.etag;
    const unless = known ? { onlyIf: { etagDoesNotMatch: known } } : {};
    const object = await answerOfR2(bucket.get(OUTCOMES_KEY, unless));
    if (object === null) this.#kept = undefined;
    else if ('body' in object && object.body)
      this.#kept = { nights: parseOutcomes(await object.text()), etag: object.etag };
  }

  #settled(night: RetrainOutcome): RetrainOutcome {
    if (night.state !== 'running' || this.#now() - Date.parse(night.startedAt) < LONGEST_NIGHT) return night;
    return { ...night, state: 'failed', reason: 'it has not ended for six hours: killed, or out of memory' };
  }
}
