import { createApp } from './app.ts';
import type { Bindings } from './env.ts';
import kernel from './wasm/kernels/scorer.wasm';

/** Time of a request, milliseconds since the epoch. */
const TIME = 'X-Simulated-Time';

let started: number | undefined; // no clock runs before the first request
let time = 0;
const app = createApp({ kernel, now: () => time + Date.now() - (started ?? 0) });

/** The Worker at the time that each request names: for `npm run simulate`, whose people come again over years. */
export default {
  fetch(request, env, context) {
    started ??= Date.now();
    time = Number(request.headers.get(TIME));
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
