import { Counter, type Family, Histogram } from './instruments.ts';
import { Shown } from './shown.ts';
import type { Trace } from './trace.ts';

/** A request that was answered. */
export interface Answered {
  readonly method: string;
  /** The route's pattern, never the path that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly trace: Trace;
}

const ISOLATE = ' By this isolate since it began; Cloudflare runs many, and each is asked by itself.';

/** What an isolate counts. A new isolate begins with nothing. */
export class Metrics {
  /** Milliseconds since the epoch; null before the first request. */
  startedAt: number | null = null;
  readonly requests = new Counter('route', 'method', 'status');
  readonly durations = new Histogram('route');
  readonly lists = new Counter('basis');
  readonly degraded = new Counter('without');
  readonly caches = new Counter('cache', 'result');
  readonly loads = new Histogram('result');
  readonly d1Failures = new Counter('operation');
  readonly queued = new Counter();
  readonly shown = new Shown();

  answered({ method, route, status, milliseconds }: Answered): void {
    this.requests.add([route, method, `${Math.floor(status / 100)}xx`]);
    this.durations.observe(route, milliseconds / 1000);
  }

  /** @param milliseconds that loading a version took */
  loaded(result: 'loaded' | 'refused', milliseconds: number): void {
    this.loads.observe(result, milliseconds / 1000);
  }

  used(cache: string, hit: boolean): void {
    this.caches.add([cache, hit ? 'hit' : 'miss']);
  }

  families(): Family[] {
    return [
      this.requests.family('marquee_requests_total', `Requests by route, method and class of status.${ISOLATE}`),
      this.durations.family(
        'marquee_request_duration_seconds',
        `Time until the answer's head was there. On Cloudflare the clock moves with I/O alone, so that processor time counts as none.${ISOLATE}`,
      ),
      this.lists.family('marquee_lists_total', `Lists by what they were made from.${ISOLATE}`),
      this.degraded.family('marquee_degraded_total', `Lists that had to do without something.${ISOLATE}`),
      this.caches.family('marquee_cache_uses_total', `Uses of caches in memory.${ISOLATE}`),
      this.loads.family('marquee_model_load_seconds', `Time that loading a version took, good or refused.${ISOLATE}`),
      this.d1Failures.family('marquee_d1_failures_total', `Operations on D1 that failed or came too late.${ISOLATE}`),
      this.queued.family('marquee_queued_changes_total', `Changes that went to the queue instead of D1.${ISOLATE}`),
    ];
  }
}
