import { beforeEach, describe, expect, it } from 'vitest';
import { type Resources, resourcesOf } from '../../scripts/lib/cloudflare/configuration.ts';
import { cloudflareFindings } from '../../scripts/lib/doctor/cloudflare.ts';
import { FakeCloudflare, ID } from './fake-cloudflare.ts';

let cloudflare: FakeCloudflare;
let resources: Resources;
const MEND = 'npm run deploy -- --env production';

beforeEach(async () => {
  cloudflare = new FakeCloudflare();
  delete process.env.CLOUDFLARE_ACCOUNT_ID;
  resources = { ...(await resourcesOf('production')), databaseId: null };
});

const look = (given = resources) => cloudflareFindings(given, cloudflare.world(async () => ({})).wrangler);
const wrong = async (given?: Resources) => (await look(given)).filter(({ mend }) => mend);

describe('what npm run doctor says of an account', () => {
  it('names everything that an empty one lacks, with the command that makes it', async () => {
    expect(await wrong()).toEqual([
      { topic: 'bucket', says: 'there is no marquee-models', mend: MEND },
      { topic: 'database', says: 'there is no marquee', mend: MEND },
      { topic: 'queues', says: 'there is no marquee-ratings, marquee-ratings-dead', mend: MEND },
      { topic: 'Worker and secrets', says: 'marquee lacks SESSION_SECRET, API_TOKEN, ADMIN_TOKEN', mend: MEND },
    ]);
  });

  it('finds nothing wrong where all is there', async () => {
    cloudflare.buckets.add('marquee-models');
    cloudflare.databases.set('marquee', ID);
    cloudflare.queues = ['other', 'marquee-ratings', 'marquee-ratings-dead'];
    cloudflare.secrets = new Map(['SESSION_SECRET', 'API_TOKEN', 'ADMIN_TOKEN'].map((name) => [name, 'x']));
    expect(await wrong({ ...resources, databaseId: ID })).toEqual([]);
  });

  it('sees that wrangler.toml names another database', async () => {
    cloudflare.databases.set('marquee', ID);
    expect(await wrong({ ...resources, databaseId: 'other' })).toContainEqual({
      topic: 'database',
      says: 'wrangler.toml has another id than marquee',
      mend: `put ${ID} there, or the zeros`,
    });
  });

  it('says no more than how to sign in where nobody is', async () => {
    cloudflare.signedIn = false;
    expect(await look()).toEqual([
      {
        topic: 'sign-in',
        says: 'nobody is signed in to Cloudflare',
        mend: expect.stringContaining('npx wrangler login'),
      },
    ]);
  });

  it('names the permission that a token lacks, and goes on', async () => {
    cloudflare.forbidden = ['queues'];
    expect(await wrong()).toContainEqual({
      topic: 'queues',
      says: 'the token may not do this: wrangler queues list',
      mend: expect.stringContaining('"Queues: Edit"'),
    });
    expect(await wrong()).toHaveLength(4);
  });
});
