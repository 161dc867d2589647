import type { ColdStartPoint } from '../../trainer/evaluate/cold-start.ts';
import type { Elicitation, ElicitPoint, Gain } from '../../trainer/evaluate/elicitation.ts';
import type { Evaluation } from '../../trainer/evaluate/evaluate.ts';
import type { ListQuality } from '../../trainer/evaluate/list-mean.ts';
import type { RivalFigures } from '../../trainer/experiments/rivals/index.ts';
import { textTable } from './table.ts';

/** What `npm run evaluate` prints of one seed. */
export interface Result extends Evaluation {
  readonly rivals?: readonly RivalFigures[];
}

/** Figures of `Result` that tables show: of one seed, or means over several and their standard errors. */
type Figures = Omit<Result, 'config'>;

/** A line of a table. */
type Row = { readonly name: string; readonly seconds?: number } & Partial<RivalFigures> & Partial<ListQuality>;

interface Column {
  readonly head: string;
  readonly of: (row: Row) => number | undefined;
  readonly digits?: number;
}

const QUALITY: readonly Column[] = [
  { head: 'RMSE', of: ({ rmse }) => rmse },
  { head: 'MAE', of: ({ mae }) => mae },
  { head: 'NDCG@10', of: (row) => row['ndcg@10'] },
  { head: 'Recall@20', of: (row) => row['recall@20'] },
  { head: 'distance', of: (row) => row['distance@10'] },
  { head: 'seconds', of: ({ seconds }) => seconds, digits: 1 },
];
/** Of one film each: the next, or every one in turn. */
const placeColumns = (question: 'next' | 'successive'): readonly Column[] => [
  { head: 'HR@10', of: (row) => row[question]?.['hr@10'] },
  { head: 'NDCG@10', of: (row) => row[question]?.['ndcg@10'] },
];
const REACH: readonly Column[] = [
  { head: 'coverage', of: ({ reach }) => reach?.coverage },
  { head: 'popularity', of: ({ reach }) => reach?.popularity },
  { head: 'novelty', of: ({ reach }) => reach?.novelty, digits: 3 },
];

/** The evaluation as people read it. @param errors standard errors where the figures are means over several seeds */
export function evaluationTable(figures: Figures, errors?: Figures): string {
  const { dataset, split, by, metrics, coldStart, favourites, elicitation, seconds, when } = figures;
  const [rows, spreads] = [rowsOf(figures), errors && rowsOf(errors)];
  // Marquee's seconds have their line: the column is for its rivals.
  const columns = QUALITY.filter(({ of }) => rows.slice(1).some((row) => of(row) !== undefined));
  const pairs = rows.map((row, at) => ({ row, spread: spreads?.[at] }));
  const lists = pairs.filter(({ row }) => row.reach);
  const placeTable = (question: 'next' | 'successive', head: string) => {
    const asked = metrics[question]?.asked;
    if (asked === undefined) return [];
    const rows = pairs.filter(({ row }) => row[question]);
    return ['', ...tableOf(`${head} ${asked.toFixed(0)}`, placeColumns(question), rows)];
  };
  return [
    [dataset, split, ...(by === 'blend' ? [] : [`by ${by}`])].join(', '),
    ...(when ? [describeWhen(when)] : []),
    ...tableOf(
      '',
      columns,
      pairs.filter(({ row }) => columns.some(({ of }) => of(row) !== undefined)),
    ),
    `${metrics.users.toFixed(0)} users ranked; trained in ${seconds.train.toFixed(1)} s`,
    ...placeTable('next', 'next film of'),
    ...placeTable('successive', 'films in turn,'),
    '',
    ...tableOf('reach of the lists', REACH, lists),
    ...coldStartTable('cold start, shown', coldStart, errors?.coldStart),
    ...coldStartTable('favourites, named', favourites, errors?.favourites),
    ...elicitationTable(elicitation, errors?.elicitation),
  ].join('\n');
}

/** Marquee first; other methods in place of the baselines where they were measured. */
function rowsOf({ metrics, byNext, diverse, leaning = [], baselines, rivals, seconds }: Figures): readonly Row[] {
  const { bias, popularity, recent = [] } = baselines;
  const { reach, successive } = popularity;
  return [
    { name: 'Marquee', ...metrics, seconds: seconds.train },
    ...(byNext ? [{ name: 'Marquee, by next', ...byNext }] : []),
    ...(diverse ? [{ name: `diversity ${diverse.diversity}`, ...diverse }] : []),
    ...leaning.map((quality) => ({ name: `popularity ${quality.popularity}`, ...quality })),
    ...(rivals?.map((rival) => ({ ...(rival.name === 'Popularity' && { reach, successive }), ...rival })) ?? [
      { name: 'Bias', ...bias },
      { name: 'Popularity', ...popularity },
    ]),
    ...recent.map((quality) => ({ name: `Popularity, ${quality.days} days`, ...quality })),
  ];
}

function tableOf(
  head: string,
  columns: readonly Column[],
  pairs: readonly { readonly row: Row; readonly spread?: Row }[],
): string[] {
  const cell = ({ of, digits = 4 }: Column, row: Row, spread: Row | undefined) => {
    const [figure, error] = [of(row)?.toFixed(digits), spread && of(spread)?.toFixed(digits)];
    return error === undefined ? figure : `${figure} ± ${error}`;
  };
  return textTable([
    [head, ...columns.map((column) => column.head)],
    ...pairs.map(({ row, spread }) => [row.name, ...columns.map((column) => cell(column, row, spread))]),
  ]);
}

function describeWhen({ from, leftOut }: NonNullable<Evaluation['when']>): string {
  const [people, ratings] = [leftOut.people, leftOut.ratings].map((count) => count.toLocaleString('en-US'));
  return `cut at ${from}; left out: ${people} people who first rated after it, with ${ratings} ratings`;
}

/** Quality for unseen users by the number of known ratings. @param spread standard errors over seeds */
function coldStartTable(head: string, points: readonly ColdStartPoint[], spread?: readonly ColdStartPoint[]): string[] {
  if (points.length === 0) return [];
  const row = (name: string, cellOf: (point: ColdStartPoint) => string) => [name, ...points.map(cellOf)];
  return [
    '',
    ...textTable([
      row(head, ({ shown }) => String(shown)),
      row('RMSE', ({ metrics }) => metrics.rmse.toFixed(4)),
      row('RMSE, Bias', ({ baselines }) => baselines.bias.rmse.toFixed(4)),
      row('NDCG@10', ({ metrics }) => metrics['ndcg@10'].toFixed(4)),
      row('NDCG@10, Popularity', ({ baselines }) => baselines.popularity['ndcg@10'].toFixed(4)),
      row('reach: popularity', ({ metrics }) => metrics.reach.popularity.toFixed(4)),
      row('lead ± standard error', ({ lead }) => lead.value.toFixed(4)),
      ['', ...points.map(({ lead }, at) => `± ${(spread?.[at].lead.value ?? lead.error).toFixed(4)}`)],
    ]),
  ];
}

/** Orders of asking compared: columns by number of answers. @param spread standard errors over seeds */
function elicitationTable(elicitation: Elicitation | undefined, spread?: Elicitation): string[] {
  if (!elicitation) return [];
  const { users, candidates, orders } = elicitation;
  const heads = ({ answered }: ElicitPoint) => [`${answered} answers`, 'RMSE', 'NDCG@10'];
  const cells = (point: ElicitPoint) => [point.asked.toFixed(0), point.rmse.toFixed(4), point['ndcg@10'].toFixed(4)];
  const gain = (of: Gain | undefined, spread: Gain | undefined) =>
    of ? `${of.value.toFixed(4)} ± ${(spread?.value ?? of.error).toFixed(4)}` : '';
  const gainHeads = ({ answered }: ElicitPoint) => [`RMSE, ${answered} answers`, 'NDCG@10'];
  const gains = ({ rmseGain, ndcgGain }: ElicitPoint, spread?: ElicitPoint) => [
    gain(rmseGain, spread?.rmseGain),
    gain(ndcgGain, spread?.ndcgGain),
  ];
  return [
    '',
    `${users.toFixed(0)} people asked about the ${candidates} most rated movies: questions until so many answers, RMSE, NDCG@10`,
    ...textTable([
      ['', ...orders[0].points.flatMap(heads)],
      ...orders.map(({ name, points }) => [name, ...points.flatMap(cells)]),
    ]),
    '',
    'By how much Marquee is better (± standard error)',
    ...textTable([
      ['', ...orders[0].points.flatMap(gainHeads)],
      ...orders
        .slice(1)
        .map(({ name, points }, order) => [
          name,
          ...points.flatMap((point, at) => gains(point, spread?.orders[order + 1].points[at])),
        ]),
    ]),
  ];
}
