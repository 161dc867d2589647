import { MarqueeError } from '../shared/errors.ts';
import { OUTCOME_DAYS } from '../shared/ratings/tables/list-shown.ts';
import { readOutcomes } from '../trainer/outcomes/read.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, between, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { outcomeTable } from './lib/outcome-table.ts';

interface Flags {
  readonly since?: string;
  readonly withinDays: number;
  readonly remote: boolean;
  readonly json?: boolean;
}

const DAY = 24 * 3600;

const program = command('outcomes', 'says what came of the lists that people were shown, by version and arm')
  .option('--since <time>', `only lists from then on, such as 2026-11-30; by default all ${OUTCOME_DAYS} days`)
  .option('--within-days <days>', 'what comes later than that after a list does not count', number, 7)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ since, withinDays, remote, json }) => {
  const within = DAY * between(withinDays, '--within-days', 0, OUTCOME_DAYS);
  const range = { since: since === undefined ? 0 : secondsOf(since) };
  const rows = await withBindings(remote, async ({ DB }) => {
    if (!remote) await migrate(DB);
    return readOutcomes(DB, { ...range, within, byVersion: true });
  });
  const nothing = 'No list was logged: set LIST_LOG in wrangler.toml to the share of people whose lists to log.';
  answer(json, { rows }, rows.length === 0 ? nothing : outcomeTable(rows));
});

function secondsOf(time: string): number {
  const seconds = Math.floor(Date.parse(time) / 1000);
  if (Number.isFinite(seconds)) return seconds;
  throw new MarqueeError('bad-flag', `--since: got ${time}, expected a date, such as 2026-11-30`);
}
