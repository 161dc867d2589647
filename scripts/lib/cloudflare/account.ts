import { MarqueeError } from '../../../shared/errors.ts';
import { asked, failureOf, SIGN_IN, type Wrangler } from './wrangler.ts';

/** What a token needs, as Cloudflare's dashboard names it. */
export const MAY = {
  account: 'Account Settings: Read',
  scripts: 'Workers Scripts: Edit',
  r2: 'Workers R2 Storage: Edit',
  d1: 'D1: Edit',
  queues: 'Queues: Edit',
} as const;

/** What `wrangler login` asks for, of that which is needed here. A token's permissions cannot be read, only tried. */
const SCOPES = ['workers:write', 'workers_scripts:write', 'd1:write', 'queues:write'];

interface WhoAmI {
  readonly loggedIn: boolean;
  readonly accounts?: readonly { readonly id: string; readonly name: string }[];
  readonly tokenPermissions?: readonly string[];
}

/** The account that commands act on, by name. Throws `not-configured` when nobody is signed in, or may do too little. */
export async function accountName(wrangler: Wrangler, named = process.env.CLOUDFLARE_ACCOUNT_ID): Promise<string> {
  const { loggedIn, accounts = [], tokenPermissions } = parse(await asked(wrangler, WHOAMI, MAY.account)) as WhoAmI;
  if (!loggedIn) throw new MarqueeError('not-configured', 'nobody is signed in to Cloudflare', { fix: SIGN_IN });
  const lacking = tokenPermissions ? SCOPES.filter((scope) => !tokenPermissions.includes(scope)) : [];
  if (lacking.length > 0) {
    throw new MarqueeError('not-configured', `this sign-in lacks ${lacking.join(', ')}`, {
      fix: 'Sign in anew, and allow all that is asked for: npx wrangler login',
    });
  }
  const account = named ? accounts.find(({ id }) => id === named) : accounts[0];
  if (account && (named || accounts.length === 1)) return account.name;
  const list = accounts.map(({ id, name }) => `\n  ${id}  ${name}`).join('');
  const why = named ? `this sign-in has no account ${named}` : 'it must be said which account is meant';
  throw new MarqueeError('not-configured', why, { fix: `Set CLOUDFLARE_ACCOUNT_ID to one of these:${list}` });
}

export const WHOAMI = ['whoami', '--json'];
export const BUCKETS = ['r2', 'bucket', 'list'];
export const DATABASES = ['d1', 'list', '--json'];
export const QUEUES = ['queues', 'list'];

export async function bucketNames(wrangler: Wrangler): Promise<string[]> {
  const list = await asked(wrangler, BUCKETS, MAY.r2);
  return [...list.matchAll(/^name:\s+(\S+)/gm)].map(([, name]) => name);
}

/** The id of a database, null where there is none of that name. */
export async function databaseId(wrangler: Wrangler, name: string): Promise<string | null> {
  const list = parse(await asked(wrangler, DATABASES, MAY.d1)) as { uuid: string; name: string }[];
  return list.find((database) => database.name === name)?.uuid ?? null;
}

/** Names of all queues, which wrangler lists page by page in a table: │ id │ name │ … */
export async function queueNames(wrangler: Wrangler): Promise<string[]> {
  const names = new Set<string>();
  for (let page = 1; ; page++) {
    const before = names.size;
    const table = await asked(wrangler, page === 1 ? QUEUES : [...QUEUES, '--page', String(page)], MAY.queues);
    for (const [, name] of table.matchAll(/^│\s*(?!id\s)\S+\s*│\s*(\S+)/gm)) names.add(name);
    if (names.size === before) return [...names];
  }
}

export function queueInfo(queue: string): string[] {
  return ['queues', 'info', queue];
}

/**
 * A queue has one consumer. Throws `not-configured` where that is another Worker: this deployment would mix its data with
 * the other one's.
 */
export async function requireOwnQueue(wrangler: Wrangler, queue: string, worker: string): Promise<void> {
  const info = await asked(wrangler, queueInfo(queue), MAY.queues);
  const line = /^Consumers:(.*)$/m.exec(info)?.[1] ?? '';
  const consumers = [...line.matchAll(/\bworker:([^,\s]+)/g)].map(([, name]) => name);
  const isOther = consumers.length > 0 && !consumers.includes(worker) && !consumers.includes('undefined');
  if (!isOther) return;
  throw new MarqueeError(
    'not-configured',
    `the queue ${queue} is that of the Worker ${consumers[0]}, not of ${worker}`,
    {
      fix:
        'A second deployment needs names of its own: in wrangler.toml copy all of [env.staging] under another name, change ' +
        'the names in it, and deploy that with --env.',
    },
  );
}

export function secretList(worker: string): string[] {
  return ['secret', 'list', '--name', worker];
}

/** Names of a Worker's secrets, none where there is no such Worker yet. */
export async function secretNames(wrangler: Wrangler, worker: string): Promise<string[]> {
  const args = secretList(worker);
  const answer = await wrangler(args);
  if (answer.status === 0) return (parse(answer.stdout) as { name: string }[]).map(({ name }) => name);
  if (/Worker ".*not found|\[code: 10007\]/.test(answer.stdout + answer.stderr)) return [];
  throw failureOf(args, answer, MAY.scripts);
}

/** The JSON in what a command printed: a warning may stand before it. */
export function parse(stdout: string): unknown {
  const start = /^[[{]/m.exec(stdout)?.index ?? 0;
  try {
    return JSON.parse(stdout.slice(start));
  } catch (cause) {
    throw new MarqueeError('store-unavailable', `wrangler answered what is no JSON: ${stdout.slice(0, 200)}`, {
      cause,
    });
  }
}
