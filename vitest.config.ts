import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { noOnnxruntime, noTensorflow, noWebgpu } from './test/optional-parts.ts';
import { countTests } from './test/reporter.ts';
import { fakeTmdb } from './test/worker/fake-tmdb.ts';

const FIXTURE = join(import.meta.dirname, 'test/fixtures/artifact');

/** Test files that load what is not installed here. */
const LEFT_OUT = [
  ...((noTensorflow ?? noOnnxruntime)
    ? ['test/trainer/models/gradient/**', 'test/page/neural.e2e.test.ts', 'test/bench/recipes/**']
    : []),
  ...(noWebgpu ? ['test/trainer/engines/webgpu.e2e.test.ts', 'test/trainer/models/gradient/webgpu.e2e.test.ts'] : []),
];
for (const why of new Set([noTensorflow, noOnnxruntime, noWebgpu])) if (why) console.warn(why);

/** Only what hangs fails by time: on a crowded machine a test may take many times as long as on an idle one. */
const PATIENCE = { testTimeout: 600_000, hookTimeout: 600_000, expect: { poll: { timeout: 300_000 } } };

/** The fixture's files in base64: workerd cannot read this disk. */
async function fixtureFiles(): Promise<Record<string, string>> {
  const names = await readdir(FIXTURE);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(FIXTURE, name), 'base64')])),
  );
}

export default defineConfig({
  test: {
    reporters: ['default', countTests],
    // Many tests wait for processes of their own: four at a time also where there are only two cores.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**', 'test/**/*.e2e.test.ts', ...LEFT_OUT],
          setupFiles: ['test/no-processes.ts'],
          pool: 'threads', // they start faster, and no unit test needs a process of its own
          ...PATIENCE,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              cf: false,
              outboundService: fakeTmdb,
              d1Databases: { LONG_TEST_DB: 'long-test', SHARD_1: 'shard-1', SHARD_2: 'shard-2' },
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
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          exclude: LEFT_OUT,
          // The commands that these tests start keep what V8 compiled for the next: half of a short one's time.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile-cache') },
          ...PATIENCE,
        },
      },
    ],
  },
});
