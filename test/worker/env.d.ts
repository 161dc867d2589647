import type { D1Migration } from '@cloudflare/vitest-plugin';
import type { Bindings } from '../../worker/env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      /** vitest.config.ts hands these over. */
      readonly MIGRATIONS: D1Migration[];
      readonly FIXTURE: Record<string, string>;
      /** Without tables; only `rating-log.test.ts` fills it. */
      readonly LONG_TEST_DB: D1Database;
      /** Without tables and under names of their own: only the tests of several databases hand them to the app. */
      readonly SHARD_1: D1Database;
      readonly SHARD_2: D1Database;
      readonly THREE: RateLimit;
      readonly FIVE: RateLimit;
    }
  }
}
