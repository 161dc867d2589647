/** An operation on R2: which, of what, and from where. */
export interface BucketUse {
  readonly method: string;
  readonly key: string;
  readonly range?: R2Range;
}

/** The real bucket, with a note of each operation on it. `before` runs ahead of it and may wait, or throw. */
export function countedBucket(bucket: R2Bucket, before?: (use: BucketUse) => unknown) {
  const uses: BucketUse[] = [];
  const noting = (method: 'get' | 'head') => async (key: string, options?: R2GetOptions) => {
    const use = { method, key, ...(options?.range && { range: options.range as R2Range }) };
    uses.push(use);
    await before?.(use);
    return method === 'get' ? bucket.get(key, options) : bucket.head(key);
  };
  return { uses, bucket: { get: noting('get'), head: noting('head') } as unknown as R2Bucket };
}

/** The real database, with a note of each statement, or batch of them, that runs on it. */
export function countedDatabase(db: D1Database, before?: (sql: string) => unknown) {
  const queries: string[] = [];
  const noted = (statement: D1PreparedStatement, sql: string): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => noted(target.bind(...values), sql);
        const method = Reflect.get(target, name);
        if (!['all', 'first', 'run', 'raw'].includes(String(name))) return method;
        return async (...given: unknown[]) => {
          queries.push(sql);
          await before?.(sql);
          return method.apply(target, given);
        };
      },
    });
  const prepare = (sql: string) => noted(db.prepare(sql), sql);
  const batch = (statements: D1PreparedStatement[]) => {
    queries.push('batch');
    return db.batch(statements);
  };
  return { queries, db: { prepare, batch } as unknown as D1Database };
}
