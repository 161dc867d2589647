import { answer, atLeastZero, between, command, number, run } from './lib/cli.ts';
import { type Estimate, estimate, type Traffic } from './lib/cost/estimate.ts';
import { MEASURED } from './lib/cost/measured.ts';
import { BASE, D1_LIMIT, FREE_CPU_MS, type Line, PRICES, PRICES_OF } from './lib/cost/prices.ts';
import { textTable } from './lib/table.ts';

const NAMES: Record<Line, string> = {
  requests: 'requests',
  cpuMs: 'CPU, ms',
  r2Reads: 'R2, reads',
  r2Writes: 'R2, writes',
  r2Gigabytes: 'R2, GB',
  d1RowsRead: 'D1, rows read',
  d1RowsWritten: 'D1, rows written',
  d1Gigabytes: 'D1, GB',
  queueOperations: 'queue operations',
  dataPoints: 'data points',
};

const { list, page, firstAnswer } = MEASURED.requestCpuMs;
const both = ([median, slow]: readonly number[]) => `${median} and ${slow}`;

const MORE = `
Every request is taken for a list of a person whom no isolate has in memory; charts, films and the page ask less of R2 and D1.
Prices were read on ${PRICES_OF}. Processor time, rows and bytes were measured on the machines that
test/bench/README.md and scripts/lib/cost/measured.ts name, not on Cloudflare.`;

const program = command('cost', 'says what a month on Cloudflare costs, by line, and which plan suffices')
  .requiredOption('--requests-a-day <number>', 'requests that reach the Worker', number)
  .requiredOption('--people <number>', 'people who have ratings in D1', number)
  .option('--ratings-each <number>', 'ratings of each', number, 100)
  .option('--writes <share>', 'share of the requests that write a rating', number, 0.1)
  .option('--isolates <number>', 'isolates that are busy all day', number, 20)
  .option('--model-megabytes <number>', 'size of one version; the embedded set has 39', number, 40)
  .option('--list-log <share>', 'share of people whose lists are logged, as LIST_LOG says', number, 0)
  .option('--analytics', 'each request is a data point of Analytics Engine, as the binding ANALYTICS has it', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Traffic & { json?: boolean }>(program, async ({ json, ...flags }) => {
  const traffic: Traffic = {
    requestsADay: atLeastZero(flags.requestsADay, '--requests-a-day'),
    people: atLeastZero(flags.people, '--people'),
    ratingsEach: atLeastZero(flags.ratingsEach, '--ratings-each'),
    writes: between(flags.writes, '--writes', 0, 1),
    isolates: atLeastZero(flags.isolates, '--isolates'),
    modelMegabytes: atLeastZero(flags.modelMegabytes, '--model-megabytes'),
    listLog: between(flags.listLog, '--list-log', 0, 1),
    analytics: flags.analytics,
  };
  const result = estimate(traffic);
  answer(
    json,
    { pricesOf: PRICES_OF, traffic, ...result },
    [...tableOf(result), '', ...ofLists(result), ...verdict(result)].join('\n'),
  );
});

function tableOf({ lines, total }: Estimate): string[] {
  const rows = lines.map(({ line, amount, dollars }) => [
    NAMES[line],
    figure(amount),
    figure(PRICES[line].included),
    dollars.toFixed(2),
  ]);
  return textTable([
    ['a month of 30 days', 'use', 'included', '$ beyond'],
    ...rows,
    ['paid plan', '', '', BASE.toFixed(2)],
    ['in all', '', '', total.toFixed(2)],
  ]);
}

/** What logged lists take of the lines of D1. */
function ofLists({ logged: { lists, rowsWritten, gigabytes, dollars } }: Estimate): string[] {
  if (lists === 0) return [];
  const use = `${figure(lists)} logged lists take ${figure(rowsWritten)} rows written and ${figure(gigabytes)} GB of it`;
  return [`${use}: $ ${dollars.toFixed(2)}.`];
}

function verdict({ beyondFree, fits, logged }: Estimate): string[] {
  const free =
    beyondFree.length > 0
      ? `The free plan does not suffice: ${beyondFree.map((line) => NAMES[line]).join('; ')}.`
      : `The quantities are within the free plan. It ends a request after ${FREE_CPU_MS} ms of CPU. Measured here, as the\n` +
        `median and as what one in a hundred takes: a list ${both(list)} ms, the page ${both(page)}, the first answer\n` +
        `of an isolate ${both(firstAnswer)}. So take the paid plan, or try it.`;
  const held = logged.lists > 0 ? 'Ratings and logged lists' : 'The ratings';
  const room = `${held} do not fit into one D1 database, which holds ${D1_LIMIT} GB:\nnpm run reshard spreads people over several.`;
  return fits ? [free] : [free, room];
}

/** 1,234,000; of what is small, two digits behind the point. */
function figure(amount: number): string {
  const small = amount < 100 && !Number.isInteger(amount);
  return amount.toLocaleString('en-US', { maximumFractionDigits: small ? 2 : 0 });
}
