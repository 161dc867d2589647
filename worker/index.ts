import { createApp } from './app.ts';
import type { Bindings } from './env.ts';
import { tend } from './events/cron.ts';
import { consume } from './events/queue.ts';
import kernel from './wasm/kernels/scorer.wasm';

const app = createApp({ kernel });

export default { fetch: app.fetch, queue: consume, scheduled: tend } satisfies ExportedHandler<Bindings>;
