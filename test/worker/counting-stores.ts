/** An operation on R2: its method, key and range. */
export interface BucketUse {
  readonly method: string;
  readonly key: string;
  readonly range?: R2Range;
}

/** The real bucket, with a record of each operation. `before` runs before the operation, and may wait or throw. */
export function countedBucket(bucket: R2Bucket, before?: (use: BucketUse) => unknown) {
  const uses: BucketUse[] = [];
  const recorded = (method: 'get' | 'head') => async (key: string, options?: R2GetOptions) => {
    const use = { method, key, ...(options?.range && { range: options.range as R2Range }) };
    uses.push(use);
    await before?.(use);
    return method === 'get' ? bucket.get(key, options) : bucket.head(key);
  };
  return { uses, bucket: { get: recorded('get'), head: recorded('head') } as unknown as R2Bucket };
}

/** The real database, with a record of each statement or batch that runs. */
export function countedDatabase(db: D1Database, before?: (sql: string) => unknown) {
  const queries: string[] = [];
  const recorded = (statement: D1PreparedStatement, sql: string): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => recorded(target.bind(...values), sql);
        const method = Reflect.get(target, name);
        if (!['all', 'first', 'run', 'raw'].includes(String(name))) return method;
        return async (...values: unknown[]) => {
          queries.push(sql);
          await before?.(sql);
          return method.apply(target, values);
        };
      },
    });
  const prepare = (sql: string) => recorded(db.prepare(sql), sql);
  const batch = (statements: D1PreparedStatement[]) => {
    queries.push('batch');
    return db.batch(statements);
  };
  return { queries, db: { prepare, batch } as unknown as D1Database };
}
