import { createApp } from './app.ts';
import { type Bindings, withShards } from './env.ts';
import { onSchedule } from './events/cron.ts';
import { onQueue } from './events/queue.ts';
import kernel from './wasm/kernels/scorer.wasm';

const app = createApp({ kernel });

export default {
  fetch: app.fetch,
  queue: (batch, env) => onQueue(batch, withShards(env)),
  scheduled: (event, env) => onSchedule(event, withShards(env)),
} satisfies ExportedHandler<Bindings>;
