import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MarqueeError } from '../../shared/errors.ts';
import { oneOf } from '../../shared/ratings/shards.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database, Statement } from '../../shared/storage/database.ts';
import { BoundedBucket, LOCAL, REMOTE } from './bounded-bucket.ts';
import { ENVIRONMENT, remoteConfiguration } from './cloudflare/configuration.ts';
import { damageIn, requireWritable } from './local-stores.ts';
import { startAgain } from './start-again.ts';
import { STATE } from './state.ts';

// Wrangler as a library: no look-ups, no metrics, and nothing on the terminal but what goes wrong.
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
process.env.WRANGLER_SEND_METRICS ??= 'false';
process.env.WRANGLER_LOG ??= 'warn';
// Neither a log of every request without end nor a way into D1 and R2 past the tokens.
process.env.X_LOCAL_OBSERVABILITY ??= 'false';
process.env.X_LOCAL_EXPLORER ??= 'false';

/** The Worker's bindings under Node: the same R2 bucket and D1 database, on this machine or on Cloudflare. */
export interface Bindings {
  readonly MODELS: Bucket;
  /** Where wrangler.toml has several databases, all of them as one. */
  readonly DB: Database;
}

/** Opens the bindings of wrangler.toml, lets `work` use them, and shuts them down. */
export async function withBindings<T>(
  remote: boolean,
  work: (bindings: Bindings) => Promise<T>,
  state = STATE,
): Promise<T> {
  const { bindings, close } = await openBindings(remote, state);
  try {
    return await work(bindings);
  } catch (error) {
    throw (!remote && mayBeDamage(error) && (await damageIn(state))) || error;
  } finally {
    await close();
  }
}

/** What the runtime tells a command of a file that it cannot read; it prints the reason itself. */
function mayBeDamage(error: unknown): boolean {
  const { message, cause } = error instanceof Error ? error : { message: '', cause: undefined };
  return /internal error|SQLITE_/.test(message) || (cause !== undefined && mayBeDamage(cause));
}

/**
 * Opens the bindings of wrangler.toml: those on Cloudflare, or those of this machine.
 *
 * @param state folder of local R2 and D1
 * @param patience milliseconds that a call waits for a busy D1
 */
export async function openBindings(
  remote: boolean,
  state = STATE,
  patience = PATIENCE,
): Promise<{ bindings: Bindings; close: () => Promise<void> }> {
  if (!remote) await requireWritable(state);
  const { getPlatformProxy } = await import('wrangler'); // takes seconds: not before the input has been found good
  const configPath = remote ? await remoteConfiguration() : 'wrangler.toml';
  const open = () =>
    getPlatformProxy<Bindings & Record<string, unknown>>({
      configPath,
      environment: remote ? ENVIRONMENT : undefined,
      remoteBindings: remote,
      persist: { path: join(state, 'v3') },
    });
  const { env, dispose } = await (remote ? open().catch(explainRemote) : startAgain(open, (late) => late.dispose()));
  const bucket = new BoundedBucket(env.MODELS, remote ? REMOTE : LOCAL, remote ? null : state);
  return { bindings: { MODELS: bucket, DB: oneOf(held(env, patience)) }, close: dispose };
}

/** The databases among these bindings, each holding its statements. */
function held(env: Bindings & Record<string, unknown>, patience: number): { readonly DB: Database } {
  const databases = Object.entries(env).filter(([name]) => /^DB(_\d+)?$/.test(name)) as [string, Database][];
  return Object.fromEntries(databases.map(([name, db]) => [name, holdingStatements(db, patience)])) as { DB: Database };
}

function explainRemote(cause: Error): never {
  throw new MarqueeError(
    'not-configured',
    `Cloudflare let nobody in: ${cause.message.split(/\.\s/).slice(0, 2).join('. ')}`,
    {
      fix:
        'Set CLOUDFLARE_API_TOKEN, a token that may edit Workers R2 Storage, D1 and Workers Scripts, and\n' +
        'CLOUDFLARE_ACCOUNT_ID; or sign in once with: npx wrangler login',
      cause,
    },
  );
}

/** Statements whose calls are not answered yet. */
const waiting = new Set<object>();

/** Milliseconds that a command waits for a database that `npm start` writes to. */
const PATIENCE = 30_000;
/** Milliseconds between two attempts: twice as long each time, up to the longest. */
const PAUSE = 50;
const LONGEST_PAUSE = 1000;
/** How a database says that another program writes to it; the last, when the runtime has to open it first. */
const BUSY = /SQLITE_BUSY|database (table )?is locked|Failed to get session commit token/;

/** Calls until the database is not busy. What was refused as busy has changed nothing: a batch is one transaction. */
async function whenFree<T>(patience: number, call: () => Promise<T>): Promise<T> {
  const end = Date.now() + patience;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (cause) {
      if (!BUSY.test(String(cause))) throw cause;
      if (attempt === 1) console.error('D1 is busy, since another program writes to it: waiting');
      if (Date.now() >= end) {
        throw new MarqueeError(
          'store-unavailable',
          `D1 was busy for ${patience / 1000} s: another program writes to it`,
          {
            fix: 'Give the command again when the server has less to do. Nothing is lost.',
            cause,
          },
        );
      }
      await setTimeout(Math.min(LONGEST_PAUSE, PAUSE * 2 ** (attempt - 1)));
    }
  }
}

async function holding<T>(statements: object, patience: number, call: () => Promise<T>): Promise<T> {
  waiting.add(statements);
  try {
    return await whenFree(patience, call);
  } finally {
    waiting.delete(statements);
  }
}

/**
 * A database of wrangler's proxy whose statements live until they are answered. The proxy frees a statement in workerd as
 * soon as Node collects its stub, even while a call that takes it waits in line; that call then fails with an
 * AssertionError of Miniflare. Beside a running `npm start` a call waits for the database.
 *
 * @param patience milliseconds that a call may wait
 */
export function holdingStatements(db: Database, patience = PATIENCE): Database {
  return {
    prepare: (sql) => new HeldStatement(db.prepare(sql), patience),
    batch<T>(statements: Statement[]) {
      const own = statements.map((statement) => (statement as HeldStatement).statement);
      return holding(own, patience, () => db.batch<T>(own));
    },
  };
}

class HeldStatement implements Statement {
  readonly statement: Statement;

  readonly #patience: number;

  constructor(statement: Statement, patience: number) {
    this.statement = statement;
    this.#patience = patience;
  }

  bind(...values: unknown[]): Statement {
    return new HeldStatement(this.statement.bind(...values), this.#patience);
  }

  all<T>(): Promise<{ results: T[] }> {
    return holding(this.statement, this.#patience, () => this.statement.all<T>());
  }

  raw<T>(): Promise<T[]> {
    return holding(this.statement, this.#patience, () => this.statement.raw<T>());
  }

  first<T>(): Promise<T | null> {
    return holding(this.statement, this.#patience, () => this.statement.first<T>());
  }

  run(): ReturnType<Statement['run']> {
    return holding(this.statement, this.#patience, () => this.statement.run());
  }
}
