import { cp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Resources, remoteConfiguration, resourcesOf } from '../../scripts/lib/cloudflare/configuration.ts';
import { type Plan, stepsOf } from '../../scripts/lib/cloudflare/deployment.ts';
import { newFolder, ROOT } from './command.ts';
import { FakeCloudflare, ID } from './fake-cloudflare.ts';

const FIXTURE = join(ROOT, 'test/fixtures/artifact');
const SECRETS = ['SESSION_SECRET', 'API_TOKEN', 'ADMIN_TOKEN'];
const jsonIn = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

let folder: string;
let cloudflare: FakeCloudflare;
let resources: Resources;
let fixtureVersion: string;

beforeEach(async () => {
  folder = await newFolder();
  cloudflare = new FakeCloudflare();
  delete process.env.CLOUDFLARE_ACCOUNT_ID;
  resources = { ...(await resourcesOf('production', folder)), databaseId: null };
  fixtureVersion = (await jsonIn(join(FIXTURE, 'manifest.json'))).version;
  cloudflare.onCommand = async (name, args) => {
    if (name === 'train') await cp(FIXTURE, args[args.indexOf('--out') + 1], { recursive: true });
    if (name === 'publish') cloudflare.version = (await jsonIn(join(args[1], 'manifest.json'))).version;
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Takes all steps; what each of them said, by its title. */
async function deploy(given: Partial<Plan> = {}): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  const steps = stepsOf({ resources, data: 'ml-latest-small-2016', ...given }, cloudflare.world(jsonIn));
  for (const { title, act } of steps) outcomes[title] = await act();
  return outcomes;
}

describe('a deployment to an empty account', () => {
  it('makes everything, in an order that leaves no gap', async () => {
    cloudflare.unanswered = 3;
    const outcomes = await deploy();
    const config = join(folder, 'wrangler.json');
    const model = join(folder, 'model-ml-latest-small-2016');
    expect(cloudflare.changes).toEqual([
      'r2 bucket create marquee-models',
      'd1 create marquee',
      'queues create marquee-ratings',
      'queues create marquee-ratings-dead',
      `d1 migrations apply DB --remote --config ${config} --env production`,
      `deploy --config ${config} --env production --secrets-file ${join(folder, 'new-secrets.json')}`,
      `npm run train -- --data ml-latest-small-2016 --out ${model}`,
      `npm run publish -- --model ${model} --remote`,
    ]);
    expect(outcomes).toMatchObject({
      'sign-in': 'account Ann',
      'bucket marquee-models': 'made',
      secrets: `made: ${SECRETS.join(', ')}`,
      'Worker marquee': 'answers at https://marquee.ann.workers.dev',
      model: `${fixtureVersion} is in service`,
      'smoke test': '/health, /recommend?k=1, / answer with 200',
    });
  });

  it('brings up the Workers of parts that are bound before the Worker in front of them', async () => {
    const outcomes = await deploy({ resources: { ...resources, parts: ['marquee-part-1', 'marquee-part-2'] } });
    expect(cloudflare.changes.filter((change) => change.startsWith('deploy'))).toEqual([
      'deploy --config worker/part/wrangler.toml --env production --name marquee-part-1',
      'deploy --config worker/part/wrangler.toml --env production --name marquee-part-2',
      expect.stringMatching(/^deploy --config .*wrangler\.json --env production --secrets-file/),
    ]);
    expect(outcomes['part marquee-part-1']).toBe('is there, for the Worker in front alone');
  });

  it("puts the database's id into a configuration of its own, which the other commands use", async () => {
    await deploy();
    const { main, assets, env } = await jsonIn(join(folder, 'wrangler.json'));
    expect(env.production.d1_databases).toEqual([
      expect.objectContaining({
        binding: 'DB',
        database_id: ID,
        remote: true,
        migrations_dir: join(ROOT, 'worker/migrations'),
      }),
    ]);
    expect([main, assets.directory]).toEqual([join(ROOT, 'worker/index.ts'), join(ROOT, 'worker/public')]);
    const asked = cloudflare.log.length;
    expect(await remoteConfiguration(resources, cloudflare.world(jsonIn).wrangler)).toBe(join(folder, 'wrangler.json'));
    expect(cloudflare.log).toHaveLength(asked);
  });

  it('makes and migrates every database that wrangler.toml names, and the other commands find all of them', async () => {
    const more = { binding: 'DB_1', database: 'marquee-1', databaseId: null };
    resources = { ...resources, further: [more] };
    const outcomes = await deploy();
    const at = `--remote --config ${join(folder, 'wrangler.json')} --env production`;
    expect(outcomes).toMatchObject({ 'database marquee': 'made', 'database marquee-1': 'made' });
    expect(cloudflare.changes.filter((line) => line.startsWith('d1'))).toEqual([
      'd1 create marquee',
      'd1 create marquee-1',
      `d1 migrations apply DB ${at}`,
      `d1 migrations apply DB_1 ${at}`,
    ]);
    const written = { ...resources, databaseId: ID };
    await rm(join(folder, 'wrangler.json'));
    await remoteConfiguration(written, cloudflare.world(jsonIn).wrangler);
    cloudflare.databases.delete('marquee-1');
    const { wrangler } = cloudflare.world(jsonIn);
    await expect(remoteConfiguration({ ...written, folder: join(folder, 'new') }, wrangler)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining('marquee-1'),
    });
  });

  it('uploads secrets that it keeps for this user alone, and leaves no other copy', async () => {
    await deploy();
    const path = join(folder, 'secrets.json');
    expect(Object.fromEntries(cloudflare.secrets!)).toEqual(await jsonIn(path));
    expect([...cloudflare.secrets!.values()].every((value) => value.length === 32)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(stat(join(folder, 'new-secrets.json'))).rejects.toThrow('ENOENT');
  });
});

describe('a deployment where things are there already', () => {
  it('changes nothing but the Worker the second time', async () => {
    await deploy();
    const secrets = new Map(cloudflare.secrets);
    cloudflare.log.length = 0;
    const outcomes = await deploy();
    const at = `--config ${join(folder, 'wrangler.json')} --env production`;
    expect(cloudflare.changes).toEqual([`d1 migrations apply DB --remote ${at}`, `deploy ${at}`]);
    expect(outcomes).toMatchObject({
      'database marquee': 'is there',
      tables: 'up to date',
      secrets: 'all there',
      model: `${fixtureVersion} stays in service`,
    });
    expect(cloudflare.secrets).toEqual(secrets);
  });

  it('makes the half that is missing, beside things of other names', async () => {
    cloudflare.buckets.add('marquee-models').add('photos');
    cloudflare.queues = ['mail', 'marquee-ratings', 'more'];
    cloudflare.databases.set('marquee-old', 'other');
    cloudflare.secrets = new Map([['API_TOKEN', 'mine']]);
    const outcomes = await deploy();
    expect(outcomes).toMatchObject({
      'bucket marquee-models': 'is there',
      'database marquee': 'made',
      'queue marquee-ratings': 'is there',
      'queue marquee-ratings-dead': 'made',
      secrets: 'made: SESSION_SECRET, ADMIN_TOKEN',
    });
    expect(cloudflare.secrets.get('API_TOKEN')).toBe('mine');
  });

  it('publishes a named model, unless it is in service', async () => {
    await deploy();
    cloudflare.version = 'another';
    expect((await deploy({ model: FIXTURE })).model).toBe(`${fixtureVersion} is in service`);
    cloudflare.log.length = 0;
    await deploy({ model: FIXTURE });
    expect(cloudflare.changes.join()).not.toContain('publish');
  });

  it('takes an id that a person wrote into wrangler.toml as it is', async () => {
    cloudflare.databases.set('marquee', ID);
    resources = { ...resources, databaseId: ID };
    await deploy();
    expect(cloudflare.changes).toContain('d1 migrations apply DB --remote --config wrangler.toml --env production');
    expect(await remoteConfiguration(resources, cloudflare.world(jsonIn).wrangler)).toBe('wrangler.toml');
  });
});

describe('a deployment that breaks off', () => {
  it.each(['r2 bucket create', 'd1 create', 'queues create', 'd1 migrations', 'deploy', 'train', 'publish'])(
    'in %s goes on from there the next time, to the same end',
    async (failing) => {
      cloudflare.failing = failing;
      await expect(deploy()).rejects.toThrow('failed');
      const made = await jsonIn(join(folder, 'secrets.json')).catch(() => ({}));
      await deploy();
      expect(cloudflare).toMatchObject({ migrated: true, version: fixtureVersion });
      expect(cloudflare.queues).toEqual(['marquee-ratings', 'marquee-ratings-dead']);
      expect([...cloudflare.secrets!.keys()]).toEqual(SECRETS);
      expect(Object.fromEntries(cloudflare.secrets!)).toMatchObject(made);
      const trained = cloudflare.log.filter((line) => line.startsWith('npm run train'));
      expect(trained).toHaveLength(failing === 'train' ? 2 : 1);
    },
  );

  it('says what failed and that the next run goes on', async () => {
    cloudflare.failing = 'queues create';
    await expect(deploy()).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringMatching(
        /^wrangler queues create marquee-ratings failed: .*internal error \[code: 7500\]$/,
      ),
      fix: expect.stringContaining('Run it again'),
    });
  });

  it('says so when the Worker does not answer', async () => {
    cloudflare.unanswered = 1000;
    await expect(deploy()).rejects.toMatchObject({
      message: 'https://marquee.ann.workers.dev/health does not answer as it should: 404 error code: 1042',
      fix: expect.stringContaining('npm run doctor -- --remote'),
    });
  });
});

describe('a deployment that may not be', () => {
  afterEach(() => expect(cloudflare.changes).toEqual([]));

  it('says how to sign in', async () => {
    cloudflare.signedIn = false;
    await expect(deploy()).rejects.toMatchObject({
      code: 'not-configured',
      message: 'nobody is signed in to Cloudflare',
      fix: expect.stringContaining('npx wrangler login'),
    });
  });

  it.each([
    ['r2 bucket list', 'Workers R2 Storage: Edit'],
    ['d1 list', 'D1: Edit'],
    ['queues list', 'Queues: Edit'],
    ['secret list', 'Workers Scripts: Edit'],
  ])('names the permission that a token lacks for %s before it changes anything', async (command, permission) => {
    cloudflare.forbidden = [command];
    await expect(deploy()).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining(`the token may not do this: wrangler ${command}`),
      fix: expect.stringContaining(`"${permission}"`),
    });
  });

  it('names the scopes that a sign-in lacks', async () => {
    cloudflare.scopes = ['account:read', 'workers:write', 'workers_scripts:write', 'd1:write'];
    await expect(deploy()).rejects.toMatchObject({ message: 'this sign-in lacks queues:write' });
  });

  it('asks which of several accounts is meant', async () => {
    cloudflare.accounts = [...cloudflare.accounts, { id: 'b'.repeat(32), name: 'Bob' }];
    await expect(deploy()).rejects.toMatchObject({
      fix: expect.stringMatching(/CLOUDFLARE_ACCOUNT_ID(.|\n)*Ann(.|\n)*Bob/),
    });
  });
});

it('a command elsewhere looks the database up by name, and says what to do where there is none', async () => {
  const { wrangler } = cloudflare.world(jsonIn);
  await expect(remoteConfiguration(resources, wrangler)).rejects.toMatchObject({
    message: 'Cloudflare has no database marquee',
    fix: expect.stringContaining('npm run deploy -- --env production'),
  });
  cloudflare.databases.set('marquee', ID);
  const path = await remoteConfiguration(resources, wrangler);
  expect((await jsonIn(path)).env.production.d1_databases[0].database_id).toBe(ID);
});

describe('a second deployment that has the names of the first', () => {
  it('is refused before it changes a table, with the Worker whose queue it is', async () => {
    cloudflare.queues = ['marquee-ratings', 'marquee-ratings-dead'];
    cloudflare.consumers.set('marquee-ratings', 'marquee');
    await expect(deploy({ resources: { ...resources, worker: 'films' } })).rejects.toMatchObject({
      code: 'not-configured',
      message: 'the queue marquee-ratings is that of the Worker marquee, not of films',
      fix: expect.stringContaining('[env.staging]'),
    });
    expect(cloudflare.changes.filter((change) => /migrations|deploy|publish/.test(change))).toEqual([]);
  });

  it('is told what lacks where only the upload finds it out', async () => {
    cloudflare.consumers.set('marquee-ratings', 'another');
    await expect(deploy()).rejects.toMatchObject({
      code: 'not-configured',
      fix: expect.stringContaining('[env.staging]'),
    });
  });

  it('a queue that is its own, or that nobody takes from, is left as it is', async () => {
    cloudflare.queues = ['marquee-ratings', 'marquee-ratings-dead'];
    cloudflare.consumers.set('marquee-ratings', 'marquee');
    expect(await deploy()).toMatchObject({
      'queue marquee-ratings': 'is there',
      'queue marquee-ratings-dead': 'is there',
    });
  });
});

it('staging has a Worker, a bucket, a database and queues of its own', async () => {
  const { environment, folder: at, byButton, source, ...names } = await resourcesOf('staging');
  expect(names).toEqual({
    worker: 'marquee-staging',
    bucket: 'marquee-staging-models',
    database: 'marquee-staging',
    databaseId: null,
    further: [],
    queues: ['marquee-staging-ratings', 'marquee-staging-ratings-dead'],
    parts: [],
  });
  expect([environment, at]).toEqual(['staging', '.wrangler/cloudflare/staging']);
  expect([byButton, source]).toEqual([false, 'wrangler.toml']);
});

it('an environment that wrangler.toml lacks is refused, with those that it has', async () => {
  await expect(resourcesOf('test')).rejects.toMatchObject({
    code: 'bad-flag',
    fix: expect.stringContaining('production, staging'),
  });
});
