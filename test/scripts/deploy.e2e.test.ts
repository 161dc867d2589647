import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marquee, newFolder, succeed } from './command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run deploy', () => {
  it('prints every step and command on a dry run, without a sign-in', async () => {
    const nobody = { CLOUDFLARE_API_TOKEN: undefined, HOME: folder, XDG_CONFIG_HOME: folder };
    const lines = (await succeed('deploy', ['--env', 'staging', '--dry-run'], nobody)).trimEnd().split('\n');
    const steps = lines.filter((line) => /^\d+\/10 /.test(line)).map((line) => line.replace(/^\S+ (.*?):.*/, '$1'));
    expect(steps).toEqual([
      'sign-in',
      'bucket marquee-staging-models',
      'database marquee-staging',
      'queue marquee-staging-ratings',
      'queue marquee-staging-ratings-dead',
      'tables',
      'secrets',
      'Worker marquee-staging',
      'model',
      'smoke test',
    ]);
    const at = '--config .wrangler/cloudflare/staging/wrangler.json --env staging';
    expect(lines).toContain(`      npx wrangler d1 migrations apply DB --remote ${at}`);
    expect(lines.at(-1)).toContain('nothing was done or asked');
  });

  it('says how to sign in, by the words of the installed wrangler', async () => {
    const nobody = { CLOUDFLARE_API_TOKEN: undefined, HOME: folder, XDG_CONFIG_HOME: folder };
    const { status, stderr } = await marquee('deploy', [], nobody);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('nobody is signed in') });
    expect(stderr).toContain('npx wrangler login');
  });
});
