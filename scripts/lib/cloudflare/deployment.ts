import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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
import { firstModel, type ModelChoice, modelCommands } from './first-model.ts';
import { lackingSecrets, makeSecretsFor, secretsPath, writePrivately } from './secrets.ts';
import { ADDRESSES, smokeTest } from './smoke-test.ts';
import type { World } from './world.ts';
import { asked } from './wrangler.ts';

/** What is to be deployed. */
export interface Plan extends ModelChoice {
  readonly resources: Resources;
  /** Where the Worker answers, where its upload does not say. */
  readonly url?: string;
}

/** One step of a deployment; done twice, it finds nothing to do. */
export interface Step {
  readonly title: string;
  /** What it is for. */
  readonly why: string;
  /** Its commands, as people would give them. */
  readonly commands: readonly string[];
  /** Returns what came of it, in a few words. */
  readonly act: () => Promise<string>;
}

const PART_CONFIG = 'worker/part/wrangler.toml';

/**
 * All steps, in an order that leaves no gap in an upgrade: the tables before the Worker that needs them, and the Worker before
 * a model of a format that only it can read.
 */
export function stepsOf(plan: Plan, world: World): Step[] {
  const { resources, ...choice } = plan;
  const { wrangler } = world;
  const { environment, worker, bucket, database, queues, parts, byButton, folder } = resources;
  const databases = databasesOf(resources);
  const ids: Record<string, string> = {};
  const config = configurationPath(resources);
  const at = ['--config', config, '--env', environment];
  const makeBucket = ['r2', 'bucket', 'create', bucket];
  const migrations = databases.map(({ binding }) => ['d1', 'migrations', 'apply', binding, '--remote', ...at]);
  const secretsFile = join(folder, 'new-secrets.json');
  const upload = ['deploy', ...at, '--secrets-file', secretsFile];
  const uploadPart = (name: string) => ['deploy', '--config', PART_CONFIG, '--env', environment, '--name', name];
  let made: Record<string, string> = {};
  let url = plan.url ?? null;
  return [
    {
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
    },
    {
      title: `bucket ${bucket}`,
      why: 'R2 keeps models and the rating log',
      commands: [asWritten(makeBucket)],
      act: async () => {
        if ((await bucketNames(wrangler)).includes(bucket)) return 'is there';
        await asked(wrangler, makeBucket, MAY.r2);
        return 'made';
      },
    },
    ...databases.map(({ binding, database, databaseId: written }) => ({
      title: `database ${database}`,
      why: `D1 keeps ratings; its id goes into ${config}`,
      commands: [asWritten(['d1', 'create', database])],
      act: async () => {
        const present = written ?? (await databaseId(wrangler, database));
        if (!present) await asked(wrangler, ['d1', 'create', database], MAY.d1);
        const id = present ?? (await databaseId(wrangler, database));
        if (!id)
          throw new MarqueeError('store-unavailable', `Cloudflare made ${database}, but does not list it`, AGAIN);
        ids[binding] = id;
        await writeConfiguration(resources, ids);
        return present ? 'is there' : 'made';
      },
    })),
    ...queues.map((queue) => ({
      title: `queue ${queue}`,
      why: queue.endsWith('-dead') ? 'brings what the other gives up on to R2' : 'keeps what D1 does not take at once',
      commands: [['queues', 'create', queue], queueInfo(queue)].map(asWritten),
      act: async () => {
        const present = await queueNames(wrangler).catch(leftToButton);
        if (present === null) return 'left to Cloudflare, whose token may not look';
        if (present.includes(queue)) {
          await requireOwnQueue(wrangler, queue, worker);
          return 'is there';
        }
        await asked(wrangler, ['queues', 'create', queue], MAY.queues);
        return 'made';
      },
    })),
    {
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
    },
    {
      title: 'secrets',
      why: `those that the Worker lacks are made, and kept in ${secretsPath(folder)}`,
      commands: [asWritten(secretList(worker))],
      act: async () => {
        const lacking = lackingSecrets(await secretNames(wrangler, worker));
        if (lacking.length === 0) return 'all there';
        made = await makeSecretsFor(folder, lacking);
        return `made: ${lacking.join(', ')}`;
      },
    },
    ...parts.map((part) => ({
      title: `part ${part}`,
      why: 'has some of the films for the Worker in front, which names it',
      commands: [asWritten(uploadPart(part))],
      act: async () => {
        await asked(wrangler, uploadPart(part), MAY.scripts);
        return 'is there, for the Worker in front alone';
      },
    })),
    {
      title: `Worker ${worker}`,
      why: 'code, page and lacking secrets in one upload; the one before answers until then',
      commands: [asWritten(upload)],
      act: async () => {
        const said = await uploadWorker();
        url = plan.url ?? addressIn(said);
        return url ? `answers at ${url}` : 'is there, at no address of its own';
      },
    },
    {
      title: 'model',
      why: 'the version in service stays, unless --model names another',
      commands: modelCommands(choice, resources),
      act: () => firstModel(choice, resources, world),
    },
    {
      title: 'smoke test',
      why: 'a new address takes a minute to be known everywhere',
      commands: ADDRESSES.map((path) => `GET ${path}`),
      act: () => smokeTest(url, world),
    },
  ];

  /** Cloudflare makes a token for its own builds, and may leave queues out of it: the button has made them then. */
  function leftToButton(error: unknown): null {
    if (byButton && error instanceof MarqueeError && error.code === 'not-configured') return null;
    throw error;
  }

  /** Uploads the Worker; values of secrets lie on the disk, for this user alone, while it lasts. */
  async function uploadWorker(): Promise<string> {
    if (Object.keys(made).length === 0) return asked(wrangler, ['deploy', ...at], MAY.scripts);
    try {
      await writePrivately(secretsFile, JSON.stringify(made));
      return await asked(wrangler, upload, MAY.scripts);
    } finally {
      await rm(secretsFile, { force: true });
    }
  }
}

const AGAIN = { fix: 'Run it again: what is there already is left as it is.' };

function asWritten(args: readonly string[]): string {
  return `npx wrangler ${args.join(' ')}`;
}

/** Where wrangler says that the Worker answers: on a domain of one's own, else on workers.dev. */
function addressIn(said: string): string | null {
  const own = /^\s*(\S+) \(custom domain/m.exec(said)?.[1];
  if (own) return `https://${own}`;
  return /https:\/\/\S+\.workers\.dev/.exec(said)?.[0] ?? null;
}
