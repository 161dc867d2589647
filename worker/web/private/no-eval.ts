import { z } from '@hono/zod-openapi';

/** The page's policy lets no text become code: zod shall not try, which a browser reports. */
z.config({ jitless: true });
