import { answer, atLeastZero, between, bounded, command, number, run } from './lib/cli.ts';
import { type Capacity, capacityOf, type Habits, type Wall, wallsOf } from './lib/cost/capacity.ts';
import { PRICES_OF } from './lib/cost/prices.ts';
import { textTable } from './lib/table.ts';

const PEOPLE = [1e5, 1e6, 1e7, 1e8];

const MORE = `
The busiest second is taken to have four times the requests of the mean one, a night to be six hours, a training to start
from nothing, ratings to have half of 24 GB. Prices were read on ${PRICES_OF}; a core costs what a Cloudflare Container
takes. All else was measured on small machines: scripts/lib/cost/measured.ts says what, where and how.`;

interface Flags extends Habits {
  readonly people?: number;
  readonly json?: boolean;
}

const program = command('capacity', 'says what carries how many people, what that costs, and what gives way next')
  .option('--people <number>', 'people who have ratings; 10^5 to 10^8 by default', number)
  .option('--ratings-each <number>', 'ratings of each', number, 100)
  .option('--requests-each <number>', 'requests of each a day, over all of them', number, 0.5)
  .option('--writes <share>', 'share of the requests that write a rating', number, 0.1)
  .option('--films <number>', 'films of the catalogue', number, 62_000)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ people, json, ...flags }) => {
  const habits: Habits = {
    ratingsEach: bounded(flags.ratingsEach, '--ratings-each', 1, 1e6),
    requestsEach: atLeastZero(flags.requestsEach, '--requests-each'),
    writes: between(flags.writes, '--writes', 0, 1),
    films: bounded(flags.films, '--films', 1, 1e7),
  };
  const sizes = people === undefined ? PEOPLE : [bounded(people, '--people', 1, 1e10)];
  const rows = sizes.map((size) => capacityOf(size, habits));
  const walls = wallsOf(habits);
  answer(json, { pricesOf: PRICES_OF, habits, rows, walls }, [...tableOf(rows), '', ...linesOf(walls)].join('\n'));
});

/** A column for each number of people. */
function tableOf(rows: readonly Capacity[]): string[] {
  const line = (name: string, of: (row: Capacity) => string) => [name, ...rows.map(of)];
  return textTable([
    line('people', ({ people }) => figure(people)),
    line('ratings', ({ ratings }) => figure(ratings)),
    line('requests a second, at most', ({ requestsPerSecond }) => figure(requestsPerSecond)),
    line('Workers', ({ workers }) => figure(workers)),
    line('D1 databases', ({ databases }) => figure(databases)),
    line('users.arrow, GB', ({ usersGigabytes }) => figure(usersGigabytes)),
    line('ratings for the training in', ({ engine }) => engine),
    line('training, hours of a core', ({ coreHours }) => figure(coreHours)),
    line('cores for a night', ({ cores }) => figure(cores)),
    line('serving, $ a month', ({ servingDollars }) => figure(servingDollars)),
    line('training, $ a month', ({ trainingDollars }) => figure(trainingDollars)),
  ]);
}

/** What gives way, and with how many people. */
function linesOf(walls: readonly Wall[]): string[] {
  return textTable([
    ['gives way', 'with people', 'then'],
    ...walls.map(({ people, what, next }) => [what, figure(people), next]),
  ]);
}

/** Two digits that count: 1,200,000; 0.35. */
function figure(amount: number): string {
  return Number(amount.toPrecision(2)).toLocaleString('en-US', { maximumSignificantDigits: 2 });
}
