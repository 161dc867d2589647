import { createApp } from './app.ts';
import { consume } from './consumer.ts';
import type { Bindings } from './env.ts';
import kernel from './kernels/scorer.wasm';
import { tend } from './tend.ts';

const app = createApp({ kernel });

export default { fetch: app.fetch, queue: consume, scheduled: tend } satisfies ExportedHandler<Bindings>;
