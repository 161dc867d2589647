import type { RetrainOutcome } from '../../shared/artifact/retrain-outcomes.ts';
import type { RetrainReport, RetrainSettings } from './contract.ts';
import type { Decision } from './decide.ts';
import type { JoinedNight } from './join-night.ts';
import type { BadRows } from './log/bad-rows.ts';
import type { RememberedLog } from './log/deletions.ts';
import { type SetAside, setAsideText } from './log/set-aside.ts';
import type { ServedModel } from './served-model.ts';

/** Data set and log as one, and what is known of the log. */
export interface JoinedRatings extends JoinedNight, Omit<RememberedLog, 'log'> {
  /** Rows of the log. */
  readonly logged: number;
}

/** What a night came to, before old versions go. */
interface NightResult extends Pick<RetrainReport, 'watermark' | 'store' | 'badRows'> {
  readonly served: ServedModel;
  readonly ratings: JoinedRatings;
  readonly decision: Decision;
}

/** All that is told of a night. @param seconds by step */
export function reportOf(
  { watermark, store, badRows, served, ratings, decision }: NightResult,
  { margins }: Pick<RetrainSettings, 'margins'>,
  seconds: RetrainReport['seconds'],
): Omit<RetrainReport, 'deleted'> {
  const { data, base, logged, untitled, leftOut, setAside } = ratings;
  const { artifact, reason, start, forgotten, comparison } = decision;
  return {
    decision: artifact ? 'published' : 'kept',
    reason,
    version: artifact?.manifest.version ?? served.version,
    champion: served.version,
    start,
    data: { name: data.name, sha256: data.sha256, base, log: logged, ratings: data.count },
    watermark,
    store: { id: store.id, epoch: store.epoch },
    forgotten,
    untitled,
    leftOut,
    badRows,
    setAside,
    comparison,
    margins,
    seconds,
  };
}

/** A night in short, for those who look whether all is well. */
export function outcomeOf(report: RetrainReport): Pick<RetrainOutcome, 'state' | 'reason'> & Partial<RetrainOutcome> {
  const { decision, reason, version, champion, data, leftOut, badRows, comparison } = report;
  const [on, figures] = comparison?.newest
    ? ['newest ratings', comparison.newest]
    : ['hold-out', comparison?.holdOut ?? null];
  const both = (name: 'rmse' | 'ndcg@10') => ({
    champion: figures!.champion[name],
    challenger: figures!.challenger[name],
  });
  return {
    state: decision,
    reason,
    version,
    champion,
    ratings: data.ratings,
    leftOut: { ...leftOut, badRows: badRows.count },
    compared: figures && { on, ratings: figures.ratings, rmse: both('rmse'), 'ndcg@10': both('ndcg@10') },
  };
}

/** What a night could not use of the log, in words. */
export function troubles({ count, first }: BadRows, setAside: readonly SetAside[]): string[] {
  const named = first
    .slice(0, 20)
    .map(({ seq, user, movie, why }) => `row ${seq} of user ${user}, movie ${movie}: ${why}`);
  const head = `${count} rows of the log are no ratings and are left out; they stay in D1:`;
  return [...(count > 0 ? [[head, ...named].join('\n  ')] : []), ...setAside.map(setAsideText)];
}
