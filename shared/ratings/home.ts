import type { Database, Meta, Statement } from '../storage/database.ts';

/** What reads and writes people of one database where they are: `Shards`. */
interface Homes {
  read<T>(userIds: readonly number[], statement: (db: Database) => Statement): Promise<T[]>;
  write<T>(
    userIds: readonly number[],
    statements: (db: Database) => Statement[],
  ): Promise<{ results: T[]; readonly meta: Meta }[]>;
}

/** The database of some people, who may move while it is used. */
export class Home implements Database {
  readonly shards: Homes;
  readonly userIds: readonly number[];

  constructor(shards: Homes, userIds: readonly number[]) {
    this.shards = shards;
    this.userIds = userIds;
  }

  prepare(sql: string): Statement {
    return new HomeStatement(this, sql, []);
  }

  batch<T>(statements: Statement[]) {
    return this.shards.write<T>(this.userIds, (db) => statements.map((each) => (each as HomeStatement).on(db)));
  }
}

/** A statement that is prepared where it runs. */
class HomeStatement implements Statement {
  readonly #home: Home;
  readonly #sql: string;
  readonly #values: readonly unknown[];

  constructor(home: Home, sql: string, values: readonly unknown[]) {
    this.#home = home;
    this.#sql = sql;
    this.#values = values;
  }

  bind(...values: unknown[]): Statement {
    return new HomeStatement(this.#home, this.#sql, values);
  }

  on(db: Database): Statement {
    return db.prepare(this.#sql).bind(...this.#values);
  }

  async all<T>(): Promise<{ results: T[] }> {
    return { results: await this.#read<T>() };
  }

  /** No two columns may have one name. */
  async raw<T>(): Promise<T[]> {
    return (await this.#read<object>()).map((row) => Object.values(row) as T);
  }

  async first<T>(): Promise<T | null> {
    return (await this.#read<T>())[0] ?? null;
  }

  async run(): ReturnType<Statement['run']> {
    const [{ meta }] = await this.#home.batch([this]);
    return { meta };
  }

  #read<T>(): Promise<T[]> {
    return this.#home.shards.read<T>(this.#home.userIds, (db) => this.on(db));
  }
}
