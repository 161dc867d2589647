import { createApp } from './app.ts';
import type { Bindings } from './env.ts';
import { onSchedule } from './events/cron.ts';
import { onQueue } from './events/queue.ts';
import kernel from './wasm/kernels/scorer.wasm';

const app = createApp({ kernel });

export default { fetch: app.fetch, queue: onQueue, scheduled: onSchedule } satisfies ExportedHandler<Bindings>;
