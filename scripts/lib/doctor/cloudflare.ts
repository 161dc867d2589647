import { accountName, bucketNames, databaseId, queueNames, secretNames } from '../cloudflare/account.ts';
import { databasesOf, type NamedDatabase, type Resources } from '../cloudflare/configuration.ts';
import { lackingSecrets } from '../cloudflare/secrets.ts';
import type { Wrangler } from '../cloudflare/wrangler.ts';
import { type Finding, find } from './finding.ts';

/** What an account has of an environment. Only when nobody is signed in, that alone is said. */
export async function cloudflareFindings(resources: Resources, wrangler: Wrangler): Promise<Finding[]> {
  const account = await find('sign-in', async () => `account ${await accountName(wrangler)}`);
  if (account.mend) return [account];
  const { environment, worker, bucket, queues } = resources;
  const mend = `npm run deploy -- --env ${environment}`;
  const thereOr = (isThere: boolean, name: string) => (isThere ? name : { says: `there is no ${name}`, mend });
  return [
    account,
    await find('bucket', async () => thereOr((await bucketNames(wrangler)).includes(bucket), bucket)),
    ...(await Promise.all(databasesOf(resources).map(databaseFinding))),
    await find('queues', async () => {
      const present = await queueNames(wrangler);
      const missing = queues.filter((queue) => !present.includes(queue));
      return thereOr(missing.length === 0, missing.join(', ') || queues.join(', '));
    }),
    await find('Worker and secrets', async () => {
      const lacking = lackingSecrets(await secretNames(wrangler, worker));
      return lacking.length === 0 ? `${worker} has all` : { says: `${worker} lacks ${lacking.join(', ')}`, mend };
    }),
  ];

  function databaseFinding({ binding, database, databaseId: written }: NamedDatabase): Promise<Finding> {
    return find(binding === 'DB' ? 'database' : `database ${binding}`, async () => {
      const id = await databaseId(wrangler, database);
      if (id === null || !written || id === written) return thereOr(id !== null, database);
      return { says: `wrangler.toml has another id than ${database}`, mend: `put ${id} there, or the zeros` };
    });
  }
}
