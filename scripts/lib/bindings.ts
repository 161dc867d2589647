import { join } from 'node:path';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database, Statement } from '../../shared/storage/database.ts';
import { BoundedBucket, LOCAL, REMOTE } from './bounded-bucket.ts';

// Wrangler as a library: no look-ups, no metrics, and nothing on the terminal but what goes wrong.
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
process.env.WRANGLER_SEND_METRICS ??= 'false';
process.env.WRANGLER_LOG ??= 'warn';

/** The Worker's bindings under Node: the same R2 bucket and D1 database, on this machine or on Cloudflare. */
export interface Bindings {
  readonly MODELS: Bucket;
  readonly DB: Database;
}

/** Where local R2 and D1 live; MARQUEE_STATE names another folder, so that two sets of data can stand side by side. */
export const STATE = process.env.MARQUEE_STATE ?? '.wrangler/state';

/** Where `npm start` writes the models that it trains: within MARQUEE_STATE where that is set. */
export const MODELS = process.env.MARQUEE_STATE ? join(STATE, 'models') : 'models';

/** Opens the bindings of wrangler.toml, lets `work` use them, and shuts them down. */
export async function withBindings<T>(
  remote: boolean,
  work: (bindings: Bindings) => Promise<T>,
  state = STATE,
): Promise<T> {
  const { bindings, close } = await openBindings(remote, state);
  try {
    return await work(bindings);
  } finally {
    await close();
  }
}

/**
 * Opens the bindings of wrangler.toml: those on Cloudflare, or those of this machine.
 *
 * @param state folder of local R2 and D1
 */
export async function openBindings(
  remote: boolean,
  state = STATE,
): Promise<{ bindings: Bindings; close: () => Promise<void> }> {
  const { getPlatformProxy } = await import('wrangler'); // takes seconds: not before the input has been found good
  const { env, dispose } = await getPlatformProxy<Bindings & Record<string, unknown>>({
    configPath: 'wrangler.toml',
    environment: remote ? 'production' : undefined,
    remoteBindings: remote,
    persist: { path: join(state, 'v3') },
  });
  const bucket = new BoundedBucket(env.MODELS, remote ? REMOTE : LOCAL, remote ? null : state);
  return { bindings: { MODELS: bucket, DB: holdingStatements(env.DB) }, close: dispose };
}

/** Statements whose calls are not answered yet. */
const waiting = new Set<object>();

async function holding<T>(statements: object, answer: Promise<T>): Promise<T> {
  waiting.add(statements);
  try {
    return await answer;
  } finally {
    waiting.delete(statements);
  }
}

/**
 * A database of wrangler's proxy whose statements live until they are answered. The proxy frees a statement in workerd as
 * soon as Node collects its stub, even while a call that takes it waits in line; that call then fails with an
 * AssertionError of Miniflare.
 */
export function holdingStatements(db: Database): Database {
  return {
    prepare: (sql) => new HeldStatement(db.prepare(sql)),
    batch<T>(statements: Statement[]) {
      const own = statements.map((statement) => (statement as HeldStatement).statement);
      return holding(own, db.batch<T>(own));
    },
  };
}

class HeldStatement implements Statement {
  readonly statement: Statement;

  constructor(statement: Statement) {
    this.statement = statement;
  }

  bind(...values: unknown[]): Statement {
    return new HeldStatement(this.statement.bind(...values));
  }

  all<T>(): Promise<{ results: T[] }> {
    return holding(this.statement, this.statement.all<T>());
  }

  raw<T>(): Promise<T[]> {
    return holding(this.statement, this.statement.raw<T>());
  }

  first<T>(): Promise<T | null> {
    return holding(this.statement, this.statement.first<T>());
  }

  run(): ReturnType<Statement['run']> {
    return holding(this.statement, this.statement.run());
  }
}
