import { MarqueeError } from '../../../shared/errors.ts';
import { missingBuilds } from '../builds.ts';
import {
  accountName,
  BUCKETS,
  bucketNames,
  DATABASES,
  databaseId,
  MAY,
  QUEUES,
  queueInfo,
  queueNames,
  requireOwnQueue,
  secretList,
  secretNames,
  WHOAMI,
} from './account.ts';
import { configurationPath, databasesOf, type Resources, writeConfiguration } from './configuration.ts';
import { asWritten, type Step, targetOf } from './step.ts';
import { asked, type Wrangler } from './wrangler.ts';

const AGAIN = { fix: 'Run it again: what is there already is left as it is.' };

/** What a Worker needs before it is uploaded: a token that may do all, R2, D1 with its tables, queues. */
export function resourceSteps(resources: Resources, wrangler: Wrangler): Step[] {
  return [
    signIn(resources, wrangler),
    bucketStep(resources, wrangler),
    ...databaseSteps(resources, wrangler),
    ...resources.queues.map((queue) => queueStep(resources, wrangler, queue)),
    tablesStep(resources, wrangler),
  ];
}

function signIn({ worker, database, byButton }: Resources, wrangler: Wrangler): Step {
  return {
    title: 'sign-in',
    why: 'every list is read once, so that a token that may do too little changes nothing',
    commands: [WHOAMI, BUCKETS, DATABASES, QUEUES, secretList(worker)].map(asWritten),
    act: async () => {
      const missing = missingBuilds();
      if (missing.length > 0) {
        throw new MarqueeError('not-configured', `not built: ${missing.join(', ')}`, { fix: 'Run: npm run prepare' });
      }
      const account = await accountName(wrangler);
      await bucketNames(wrangler);
      await databaseId(wrangler, database);
      if (!byButton) await queueNames(wrangler);
      await secretNames(wrangler, worker);
      return `account ${account}`;
    },
  };
}

function bucketStep({ bucket }: Resources, wrangler: Wrangler): Step {
  const create = ['r2', 'bucket', 'create', bucket];
  return {
    title: `bucket ${bucket}`,
    why: 'R2 keeps models and the rating log',
    commands: [asWritten(create)],
    act: async () => {
      if ((await bucketNames(wrangler)).includes(bucket)) return 'is there';
      await asked(wrangler, create, MAY.r2);
      return 'made';
    },
  };
}

function databaseSteps(resources: Resources, wrangler: Wrangler): Step[] {
  const ids: Record<string, string> = {};
  return databasesOf(resources).map(({ binding, database, databaseId: written }) => {
    const create = ['d1', 'create', database];
    return {
      title: `database ${database}`,
      why: `D1 keeps ratings; its id goes into ${configurationPath(resources)}`,
      commands: [asWritten(create)],
      act: async () => {
        const present = written ?? (await databaseId(wrangler, database));
        if (!present) await asked(wrangler, create, MAY.d1);
        const id = present ?? (await databaseId(wrangler, database));
        if (!id)
          throw new MarqueeError('store-unavailable', `Cloudflare made ${database}, but does not list it`, AGAIN);
        ids[binding] = id;
        await writeConfiguration(resources, ids);
        return present ? 'is there' : 'made';
      },
    };
  });
}

function queueStep({ worker, byButton }: Resources, wrangler: Wrangler, queue: string): Step {
  const create = ['queues', 'create', queue];
  /** Cloudflare makes a token for its own builds, and may leave queues out of it: the button has made them then. */
  const leftToButton = (error: unknown): null => {
    if (byButton && error instanceof MarqueeError && error.code === 'not-configured') return null;
    throw error;
  };
  return {
    title: `queue ${queue}`,
    why: queue.endsWith('-dead') ? 'brings what the other gives up on to R2' : 'keeps what D1 does not take at once',
    commands: [create, queueInfo(queue)].map(asWritten),
    act: async () => {
      const present = await queueNames(wrangler).catch(leftToButton);
      if (present === null) return 'left to Cloudflare, whose token may not look';
      if (present.includes(queue)) {
        await requireOwnQueue(wrangler, queue, worker);
        return 'is there';
      }
      await asked(wrangler, create, MAY.queues);
      return 'made';
    },
  };
}

function tablesStep(resources: Resources, wrangler: Wrangler): Step {
  const target = ['--remote', ...targetOf(resources)];
  const migrations = databasesOf(resources).map(({ binding }) => ['d1', 'migrations', 'apply', binding, ...target]);
  return {
    title: 'tables',
    why: 'migrations that this database lacks, before the Worker that needs them',
    commands: migrations.map(asWritten),
    act: async () => {
      let isCurrent = true;
      for (const migrate of migrations) {
        isCurrent = (await asked(wrangler, migrate, MAY.d1)).includes('No migrations to apply') && isCurrent;
      }
      return isCurrent ? 'up to date' : 'brought up to date';
    },
  };
}
