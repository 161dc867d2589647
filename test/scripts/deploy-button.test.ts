import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { type Resources, remoteConfiguration, resourcesOf } from '../../scripts/lib/cloudflare/configuration.ts';
import { stepsOf } from '../../scripts/lib/cloudflare/deployment.ts';
import { SECRETS } from '../../scripts/lib/server.ts';
import { newFolder, ROOT } from './command.ts';
import { FakeCloudflare } from './fake-cloudflare.ts';

const SOURCE = join(ROOT, 'wrangler.toml');
const BUTTON_ID = '87654321-4321-4321-4321-cba987654321';
const jsonIn = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

/** What Cloudflare reads of the top level: https://developers.cloudflare.com/workers/platform/deploy-buttons/ */
const { rawConfig: top } = readRawConfig({ config: SOURCE });

describe("what Cloudflare's page for a button reads", () => {
  it('names and ids have defaults at the top level, and every secret is asked for without one', async () => {
    expect(top.name).toBe('marquee');
    for (const { bucket_name } of top.r2_buckets!) expect(bucket_name).toMatch(/^[a-z-]+$/);
    for (const database of top.d1_databases!) {
      expect(database).toMatchObject({ database_name: expect.any(String), database_id: expect.any(String) });
    }
    for (const { queue } of top.queues!.producers!) expect(queue).toMatch(/^[a-z-]+$/);
    const example = await readFile(join(ROOT, '.dev.vars.example'), 'utf8');
    expect([...example.matchAll(/^(\w+)=(\S*)/gm)].map(([, name, value]) => [name, value])).toEqual(
      SECRETS.map((name) => [name, '""']),
    );
  });

  it('every secret, variable and resource has a description', async () => {
    const { cloudflare } = await jsonIn(join(ROOT, 'package.json'));
    const names = [
      ...SECRETS,
      ...Object.keys(top.vars!),
      ...[...top.r2_buckets!, ...top.d1_databases!, ...top.queues!.producers!].map(({ binding }) => binding),
    ];
    expect(Object.keys(cloudflare.bindings).sort()).toEqual(names.sort());
    for (const { description } of Object.values<{ description: string }>(cloudflare.bindings)) {
      expect(description).toMatch(/^[A-Z].+\.$/);
    }
  });

  it('the deploy script migrates, and nothing else is run before it', async () => {
    const { scripts } = await jsonIn(join(ROOT, 'package.json'));
    expect([scripts.deploy, scripts.build]).toEqual(['node scripts/deploy.ts', undefined]);
  });

  it('the top level binds what production binds', () => {
    const { production } = top.env!;
    const bindings = ({ r2_buckets, d1_databases, queues }: typeof production) =>
      [...r2_buckets!, ...d1_databases!, ...queues!.producers!].map(({ binding }) => binding);
    expect(bindings(top)).toEqual(bindings(production));
  });
});

describe('a deployment of a repository that the button made', () => {
  let folder: string;
  let cloudflare: FakeCloudflare;
  let resources: Resources;

  beforeEach(async () => {
    folder = await newFolder();
    delete process.env.CLOUDFLARE_ACCOUNT_ID;
    vi.stubEnv('WORKERS_CI', '1');
    // Names that a person chose, and the id of what was made for them, as the button writes them into the copy.
    const [queue] = top.queues!.producers!;
    const [database] = top.d1_databases!;
    const source = join(folder, 'wrangler.json');
    const written = {
      ...top,
      name: 'films',
      r2_buckets: [{ ...top.r2_buckets![0], bucket_name: 'films-models' }],
      d1_databases: [{ ...database, database_name: 'films-db', database_id: BUTTON_ID }],
      queues: { ...top.queues, producers: [{ ...queue, queue: 'films-ratings' }] },
    };
    await writeFile(source, JSON.stringify(written));
    resources = await resourcesOf('production', join(folder, 'kept'), source);
    cloudflare = new FakeCloudflare();
    cloudflare.buckets.add('films-models');
    cloudflare.databases.set('films-db', BUTTON_ID);
    cloudflare.queues = ['films-ratings', 'marquee-ratings', 'marquee-ratings-dead'];
    for (const queue of ['marquee-ratings', 'marquee-ratings-dead']) cloudflare.consumers.set(queue, 'marquee'); // a first one
    cloudflare.secrets = new Map(SECRETS.map((name) => [name, 'chosen']));
    cloudflare.version = 'V';
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  async function deploy(): Promise<Record<string, string>> {
    const outcomes: Record<string, string> = {};
    const world = cloudflare.world(jsonIn);
    for (const { title, act } of stepsOf({ resources, data: 'ml-latest-small-2016' }, world)) {
      outcomes[title] = await act();
    }
    return outcomes;
  }

  it('makes nothing anew, migrates by the name of the binding, and uploads with the settings of production', async () => {
    expect(await deploy()).toMatchObject({
      'bucket films-models': 'is there',
      'database films-db': 'is there',
      'queue films-ratings': 'is there',
      secrets: 'all there',
      'Worker films': expect.stringContaining('answers at'),
      'smoke test': expect.stringContaining('200'),
    });
    const config = join(folder, 'kept/wrangler.json');
    const at = `--config ${config} --env production`;
    expect(cloudflare.changes).toEqual([
      'queues create films-ratings-dead', // the button makes that of producers alone
      `d1 migrations apply DB --remote ${at}`,
      `deploy ${at}`,
    ]);
    const { env } = await jsonIn(config);
    expect(env.production).toMatchObject({
      name: 'films',
      vars: top.env!.production.vars,
      ratelimits: top.env!.production.ratelimits,
      r2_buckets: [{ binding: 'MODELS', bucket_name: 'films-models', remote: true }],
      d1_databases: [{ binding: 'DB', database_name: 'films-db', database_id: BUTTON_ID, remote: true }],
      queues: {
        producers: [{ binding: 'PENDING', queue: 'films-ratings' }],
        consumers: [
          { queue: 'films-ratings', dead_letter_queue: 'films-ratings-dead', max_batch_timeout: 5 },
          { queue: 'films-ratings-dead', max_batch_timeout: 5 },
        ],
      },
    });
  });

  it('comes a second time to the same queues, and keeps those of whoever chose no other name', async () => {
    await deploy();
    cloudflare.log.length = 0;
    await deploy();
    expect(cloudflare.changes.map((change) => change.split(' --')[0])).toEqual(['d1 migrations apply DB', 'deploy']);
    expect(Object.fromEntries(cloudflare.consumers)).toEqual({
      'marquee-ratings': 'marquee',
      'marquee-ratings-dead': 'marquee',
      'films-ratings': 'films',
      'films-ratings-dead': 'films',
    });
    const written = await jsonIn(resources.source);
    const usual = join(folder, 'usual.json');
    await writeFile(usual, JSON.stringify({ ...written, queues: top.queues }));
    expect((await resourcesOf('production', join(folder, 'kept'), usual)).queues).toEqual([
      'marquee-ratings',
      'marquee-ratings-dead',
    ]);
  });

  it('trains and publishes the embedded set where no model is', async () => {
    cloudflare.version = null;
    cloudflare.onCommand = async (name, args) => {
      if (name !== 'train') return;
      await cp(join(ROOT, 'test/fixtures/artifact'), args[args.indexOf('--out') + 1], { recursive: true });
    };
    await deploy();
    const model = join(folder, 'kept/model-ml-latest-small-2016');
    expect(cloudflare.changes.slice(-2)).toEqual([
      `npm run train -- --data ml-latest-small-2016 --out ${model}`,
      `npm run publish -- --model ${model} --remote`,
    ]);
  });

  it("does without a list of queues, which the token of Cloudflare's builds may not read", async () => {
    cloudflare.forbidden = ['queues'];
    expect(await deploy()).toMatchObject({ 'queue films-ratings': 'left to Cloudflare, whose token may not look' });
  });

  it('goes to the Worker whose build it is, whatever the file calls it', async () => {
    vi.stubEnv('WRANGLER_CI_OVERRIDE_NAME', 'films-2');
    expect((await resourcesOf('production', folder, resources.source)).worker).toBe('films-2');
  });

  it('is known to the other commands on a clone of that repository', async () => {
    const path = await remoteConfiguration(resources, cloudflare.world(jsonIn).wrangler);
    expect((await jsonIn(path)).env.production.d1_databases[0].database_id).toBe(BUTTON_ID);
    expect(cloudflare.log).toEqual([]);
  });
});

it('an id that a person wrote under [env.production] keeps the names that stand there', async () => {
  const folder = await newFolder();
  const source = join(folder, 'wrangler.json');
  const withId = ({ d1_databases }: typeof top, id: string) => [{ ...d1_databases![0], database_id: id }];
  const production = { ...top.env!.production, d1_databases: withId(top.env!.production, 'mine') };
  await writeFile(source, JSON.stringify({ ...top, d1_databases: withId(top, BUTTON_ID), env: { production } }));
  expect(await resourcesOf('production', folder, source)).toMatchObject({ byButton: false, databaseId: 'mine' });
  await rm(folder, { recursive: true, force: true });
});
