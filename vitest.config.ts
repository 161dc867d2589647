import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { tally } from './test/reporter.ts';

const FIXTURE = join(import.meta.dirname, 'test/fixtures/artifact');

/** The fixture's files in base64: workerd cannot read this disk. */
async function fixtureFiles(): Promise<Record<string, string>> {
  const names = await readdir(FIXTURE);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(FIXTURE, name), 'base64')])),
  );
}

export default defineConfig({
  test: {
    reporters: ['default', tally],
    // Many tests wait for processes of their own: two at a time also where there are only two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**'],
          environment: 'node',
          // Only what hangs ends so: on a busy machine tests that train or start servers may take several times longer.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              cf: false,
              // Under names of their own: only the tests of limits hand them to the app.
              ratelimits: {
                THREE: { namespace_id: '3', simple: { limit: 3, period: 60 } },
                FIVE: { namespace_id: '5', simple: { limit: 5, period: 60 } },
              },
              bindings: {
                SESSION_SECRET: 'a secret for tests',
                API_TOKEN: 'a-token-for-tests',
                ADMIN_TOKEN: 'an-admin-token-for-tests',
                MIGRATIONS: await readD1Migrations('worker/migrations'),
                FIXTURE: await fixtureFiles(),
              },
            },
          })),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/worker/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
