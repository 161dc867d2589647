import { createServer, type Server } from 'node:http';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import type { Database, Statement } from '../../../shared/storage/database.ts';
import { listening } from './http-server.ts';

interface Query {
  readonly sql: string;
  readonly params?: SQLInputValue[] | null;
}

/**
 * SQLite in memory, for the project's own functions on this side and for workerd's own D1 binding on the other: `serve`
 * speaks the binding's protocol (POST /query with one statement or a list; columns and rows out).
 */
export class MemoryDatabase implements Database {
  /** Requests that the binding sent. */
  queries = 0;
  readonly #db = new DatabaseSync(':memory:');
  readonly #total = this.#db.prepare('SELECT total_changes() AS n');
  readonly #prepared = new Map<string, StatementSync>();

  prepare(sql: string): BoundStatement {
    return new BoundStatement(this, { sql });
  }

  /** Runs a script, such as a migration. */
  exec(sql: string): void {
    this.#db.exec(sql);
  }

  async batch<T>(statements: Statement[]): Promise<(Results<T> & { meta: { changes: number } })[]> {
    return this.run(statements.map((statement) => (statement as BoundStatement).query)).map((table) => ({
      ...objectsOf<T>(table),
      meta: { changes: table.changes },
    }));
  }

  /** All of them or none. */
  run(queries: readonly Query[]): Table[] {
    if (queries.length === 1) return [this.#table(queries[0])];
    this.#db.exec('BEGIN');
    try {
      const tables = queries.map((query) => this.#table(query));
      this.#db.exec('COMMIT');
      return tables;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Listens on a port of this machine. */
  async serve(): Promise<{ port: number; server: Server }> {
    const server = createServer(async (request, response) => {
      this.queries++;
      const asked: Query | Query[] = JSON.parse(await text(request));
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(this.#answer(Array.isArray(asked) ? asked : [asked])));
    });
    return { port: await listening(server), server };
  }

  #answer(queries: readonly Query[]): object {
    try {
      return this.run(queries).map(({ changes, ...results }) => ({
        success: true,
        results,
        meta: { duration: 0, changes },
      }));
    } catch (error) {
      return { success: false, error: String(error) };
    }
  }

  #table({ sql, params }: Query): Table {
    const statement = this.#prepared.get(sql) ?? this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    const before = this.#changes();
    const rows = statement.all(...(params ?? []));
    const columns = statement.columns().map(({ name }) => name);
    return { columns, rows: rows.map((row) => columns.map((name) => row[name])), changes: this.#changes() - before };
  }

  /** Rows that were ever inserted, changed or deleted. */
  #changes(): number {
    return (this.#total.get() as { n: number }).n;
  }
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly unknown[][];
  /** Rows that the statement inserted, changed or deleted. */
  readonly changes: number;
}

interface Results<T> {
  results: T[];
}

function objectsOf<T>({ columns, rows }: Table): Results<T> {
  return { results: rows.map((row) => Object.fromEntries(columns.map((name, c) => [name, row[c]])) as T) };
}

class BoundStatement implements Statement {
  readonly #db: MemoryDatabase;
  readonly query: Query;

  constructor(db: MemoryDatabase, query: Query) {
    this.#db = db;
    this.query = query;
  }

  bind(...params: unknown[]): BoundStatement {
    return new BoundStatement(this.#db, { ...this.query, params: params as SQLInputValue[] });
  }

  async all<T>(): Promise<Results<T>> {
    return objectsOf(this.#db.run([this.query])[0]);
  }

  async raw<T>(): Promise<T[]> {
    return this.#db.run([this.query])[0].rows as T[];
  }

  async first<T>(): Promise<T | null> {
    return (await this.all<T>()).results[0] ?? null;
  }

  async run() {
    return { meta: { changes: this.#db.run([this.query])[0].changes } };
  }
}
