import { type Estimate, Z_95 } from '../../trainer/math/clustered-ratio.ts';
import { ALPHA, type Comparison, LEAST_PEOPLE } from '../../trainer/outcomes/guard.ts';
import { METRICS, type Metric, type Row } from '../../trainer/outcomes/tally.ts';
import { textTable } from './table.ts';

const WAY = {
  all: '',
  usual: 'in the usual order, weighted',
  explored: 'in drawn orders, weighted',
  pinned: 'films that were pinned',
};

/** What came of lists, in a table. */
export function outcomeTable(rows: readonly Row[]): string {
  const head = [
    'lists',
    'number',
    'people',
    ...METRICS.map((metric) => (metric === 'ndcg' ? 'NDCG@10' : `${metric} %`)),
  ];
  const lines = rows.map(({ lists, metrics, ...group }) => [
    nameOf(group),
    String(lists),
    String(metrics.clicked?.people ?? 0),
    ...METRICS.map((metric) => withRange(metrics[metric], metric === 'ndcg' ? 1 : 100)),
  ]);
  return [
    ...textTable([head, ...lines]),
    '',
    'Shares of lists out of which a film was …; NDCG@10 of films liked (4 stars or more) later, over lists whose person',
    'liked any. ±: 95% confidence, by the delta method over people. Weighted: by 1 / probability of the order, self-normalised.',
    'Films that the operator had pinned count in a row of their own only.',
  ].join('\n');
}

/** Arms beside the first one, in a table. */
export function comparisonTable(comparisons: readonly Comparison[], metric: Metric): string {
  const head = ['beside the first arm', `${metric}, difference`, 'p, at any time', 'verdict'];
  const scale = metric === 'ndcg' ? 1 : 100;
  const text = (value: number) => (scale * value).toFixed(scale === 1 ? 4 : 2);
  const lines = comparisons.map(({ arm, difference, halfWidth, p, verdict }) => [
    arm,
    difference === null ? '–' : `${text(difference)} ±${text(halfWidth!)}`,
    p.toFixed(4),
    verdict,
  ]);
  return [
    ...textTable([head, ...lines]),
    '',
    `Mixture sequential probability ratio test, ${LEAST_PEOPLE} people of an arm at least: it may be looked at at any time. An arm`,
    `is ever called better or worse by error with a probability of at most ${ALPHA}, all arms together.`,
  ].join('\n');
}

function nameOf({ version, experiment, arm, way }: Omit<Row, 'lists' | 'metrics'>): string {
  const named = [version, experiment && `${experiment}: ${arm}`, WAY[way]];
  return named.filter(Boolean).join(', ') || 'all';
}

/** An estimate with the half width of its confidence interval. */
function withRange(estimate: Estimate | null, scale: number): string {
  if (!estimate) return '–';
  const text = (value: number) => (scale * value).toFixed(scale === 1 ? 4 : 2);
  return estimate.error === null ? text(estimate.value) : `${text(estimate.value)} ±${text(Z_95 * estimate.error)}`;
}
