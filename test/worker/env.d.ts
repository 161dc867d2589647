import type { D1Migration } from '@cloudflare/vitest-plugin';
import type { Bindings } from '../../worker/env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      /** vitest.config.ts hands these over. */
      readonly MIGRATIONS: D1Migration[];
      readonly FIXTURE: Record<string, string>;
      readonly THREE: RateLimit;
      readonly FIVE: RateLimit;
    }
  }
}
