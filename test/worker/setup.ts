import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { publishFixture } from './app.ts';

await applyD1Migrations(env.DB, env.MIGRATIONS);
await publishFixture(env.MODELS);
