import { createApp } from './app.ts';
import { consume } from './consumer.ts';
import type { Bindings } from './env.ts';

const app = createApp();

export default { fetch: app.fetch, queue: consume } satisfies ExportedHandler<Bindings>;
