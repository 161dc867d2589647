import type { Model } from '../../../shared/model/model.ts';
import type { Ratings } from '../../data/dataset.ts';
import type { RetrainReport } from '../../retrain/contract.ts';
import { ARMS, ArmHistories, type Quality, Tally } from './arms.ts';
import { differenceOf, type ListDifference } from './difference.ts';
import type { SimulationPlan, Visit } from './plan.ts';

/** The service as its users and its operator see it. */
export interface Service {
  /** Movie ids of a user's top ten. @param at seconds since the epoch */
  recommend(userId: number, at: number): Promise<number[]>;
  rate(userId: number, ratings: readonly { movieId: number; rating: number; timestamp: number }[]): Promise<void>;
  /** Runs the nightly job, and serves what it published. @param at seconds since the epoch */
  retrain(at: number): Promise<RetrainReport>;
  /** The model in service. */
  model(): Promise<Model>;
}

export interface PeriodReport {
  /** ISO dates, the end exclusive. */
  readonly from: string;
  readonly to: string;
  readonly ratings: number;
  /** Visits, and those in which the top ten over HTTP equals the one computed here, movie for movie. */
  readonly visits: number;
  readonly sameOverHttp: number;
  /** The other visits: which lists differed, where and why. */
  readonly differences: readonly ListDifference[];
  readonly arms: Readonly<Record<string, Quality>>;
  /** What the retrain at the end of the period decided. */
  readonly retrain: Pick<RetrainReport, 'decision' | 'reason' | 'version' | 'leftOut'>;
}

/**
 * Replays people's visits to the service. Before each visit, of up to ten ratings, every arm's predictions and top ten are
 * measured; then the ratings are posted. At the end of a period the service retrains.
 *
 * Only one service runs, with fold-in and retrain. The other arms are the same functions of other inputs: the first model
 * instead of the newest, or the ratings that training saw instead of all. That is fair because folding in a user's training
 * ratings gives their stored vectors (within 0.001). The top ten over HTTP is compared with the one computed here.
 */
export async function simulate(
  service: Service,
  ratings: Ratings,
  { base, periods }: SimulationPlan,
  onPeriod: (report: PeriodReport) => void = () => {},
  onVisit: (progress: { visit: number; visits: number }) => void = () => {},
): Promise<PeriodReport[]> {
  const histories = new ArmHistories(ratings);
  for (const position of oldestFirst(ratings, periods[0].start, base.count)) {
    histories.add(ratings.userIds[position], position);
  }
  histories.trained();
  const first = await service.model();
  let newest = first;
  const reports: PeriodReport[] = [];
  for (const { start, end, visits } of periods) {
    const measured = await replayVisits({ service, ratings, histories, first, newest, onVisit }, visits);
    const { decision, reason, version, leftOut } = await service.retrain(end);
    if (decision === 'published') {
      histories.trained();
      newest = await service.model();
    }
    const retrain = { decision, reason, version, leftOut };
    const report = { from: dateOf(start), to: dateOf(end), ...measured, retrain };
    reports.push(report);
    onPeriod(report);
  }
  return reports;
}

interface Replay {
  readonly service: Service;
  readonly ratings: Ratings;
  readonly histories: ArmHistories;
  /** The models of the arms without and with retrain. */
  readonly first: Model;
  readonly newest: Model;
  readonly onVisit: (progress: { visit: number; visits: number }) => void;
}

/** Measures every arm before each visit of a period, then posts its ratings. */
async function replayVisits(
  { service, ratings, histories, first, newest, onVisit }: Replay,
  visits: readonly Visit[],
): Promise<Omit<PeriodReport, 'from' | 'to' | 'retrain'>> {
  const tallies = new Map(ARMS.map((arm) => [arm, new Tally(ratings)]));
  const differences: ListDifference[] = [];
  for (const [number, visit] of visits.entries()) {
    onVisit({ visit: number + 1, visits: visits.length });
    const { userId, positions } = visit;
    const at = ratings.timestamps[positions[0]];
    const served = await service.recommend(userId, at);
    for (const [arm, tally] of tallies) {
      const model = arm.retrain ? newest : first;
      const known = histories.knownTo(arm, model, { userId, at });
      const top = tally.add(model, visit, known, histories.seenBy(model, userId));
      const difference = arm.foldIn && arm.retrain ? differenceOf(model, userId, top, served) : null;
      if (difference) differences.push(difference);
    }
    await service.rate(userId, postedIn(ratings, visit));
    for (const position of positions) histories.add(userId, position);
  }
  return {
    visits: visits.length,
    sameOverHttp: visits.length - differences.length,
    differences,
    ratings: visits.reduce((sum, { positions }) => sum + positions.length, 0),
    arms: Object.fromEntries(Array.from(tallies, ([arm, tally]) => [arm.name, tally.quality()])),
  };
}

/** All periods together: means over ratings and over visits. */
export function overall(reports: readonly PeriodReport[]): Record<string, Quality> {
  return Object.fromEntries(
    ARMS.map(({ name }) => {
      const parts = reports.map(({ arms }) => arms[name]);
      const [ratings, visits] = (['ratings', 'visits'] as const).map((of) => parts.reduce((sum, q) => sum + q[of], 0));
      const mean = (of: 'hitRate' | 'ndcg@10') =>
        parts.reduce((sum, q) => sum + q[of] * q.visits, 0) / Math.max(1, visits);
      const squares = parts.reduce((sum, { rmse, ratings: n }) => sum + rmse ** 2 * n, 0);
      const rmse = Math.sqrt(squares / Math.max(1, ratings));
      return [name, { ratings, rmse, visits, hitRate: mean('hitRate'), 'ndcg@10': mean('ndcg@10') }];
    }),
  );
}

/** Positions of the `count` ratings before `start`, oldest first. */
function oldestFirst({ timestamps }: Ratings, start: number, count: number): number[] {
  const before = Array.from(timestamps.keys()).filter((i) => timestamps[i] < start);
  return before.sort((a, b) => timestamps[a] - timestamps[b] || a - b).slice(0, count);
}

function postedIn({ movieIds, stars, timestamps }: Ratings, { positions }: Visit) {
  return positions.map((i) => ({ movieId: movieIds[i], rating: stars[i], timestamp: timestamps[i] }));
}

function dateOf(seconds: number): string {
  return new Date(1000 * seconds).toISOString().slice(0, 10);
}
