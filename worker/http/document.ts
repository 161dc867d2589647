import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './app-env.ts';
import { nameOperations } from './operation-ids.ts';
import { shareContent } from './shared-answer.ts';

const ABOUT = `Movie recommendations that change with every rating.

Most requests need no account. Where one needs somebody, send \`POST /session\` first: the browser then keeps a cookie.
\`DELETE /session\` deletes whatever was stored. Programs and operators send a token; \`/docs\` takes it under *Auth Type*.`;

/** Adds `GET /openapi.json`, which describes the routes of the app. */
export function serveDocument(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'The API token, one of API_KEYS, or a token (JWT) of the host application for one of its users.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'marquee_session',
    description: '`POST /session` sets it, and the browser sends it: there is nothing to fill in.',
  });
  const describe = () =>
    nameOperations(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Marquee', version: '1', description: ABOUT },
        servers: [{ url: '/', description: 'The deployment that serves this document.' }],
        security: [{}, { session: [] }, { token: [] }],
      }),
    );
  let document: ReturnType<typeof describe> | undefined; // made once: it takes milliseconds and never changes
  app.get('/openapi.json', shareContent, (c) => {
    document ??= describe();
    return c.json(document);
  });
}
