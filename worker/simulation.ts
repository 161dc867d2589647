import { createApp } from './app.ts';
import type { Bindings } from './env.ts';
import kernel from './wasm/kernels/scorer.wasm';

/** Time of a request, milliseconds since the epoch. */
const TIME = 'X-Simulated-Time';

let time = 0;
const app = createApp({ kernel, now: () => time });

/** The Worker at the time that each request names: for `npm run simulate`, whose people come again over years. */
export default {
  fetch(request, env, context) {
    time = Number(request.headers.get(TIME));
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
