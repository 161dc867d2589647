import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MarqueeError } from '../shared/errors.ts';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { command, run } from './lib/cli.ts';
import { ENVIRONMENT, type Resources, resourcesOf } from './lib/cloudflare/configuration.ts';
import { stepsOf } from './lib/cloudflare/deployment.ts';
import { keptSecrets, secretsPath } from './lib/cloudflare/secrets.ts';
import type { Step } from './lib/cloudflare/step.ts';
import type { World } from './lib/cloudflare/world.ts';
import { installedWrangler } from './lib/cloudflare/wrangler.ts';

interface Flags {
  readonly env: string;
  readonly data: string;
  readonly model?: string;
  readonly url?: string;
  readonly dryRun: boolean;
  readonly showSecrets: boolean;
}

const ROOT = join(import.meta.dirname, '..');

const MORE = `
Each step first looks what is there and leaves that as it is, so a run that broke off is simply run again, and an upgrade is
the same command. What belongs to an environment is named in wrangler.toml; no id has to be copied.`;

const program = command(
  'deploy',
  'makes what is missing on Cloudflare, uploads the Worker, and puts a model into service',
)
  .option('--env <name>', 'production or staging, the environments of wrangler.toml', ENVIRONMENT)
  .option('--data <set>', 'what the first model is trained on', EMBEDDED_DATASET)
  .option('--model <folder>', 'an artifact folder to put into service')
  .option('--url <address>', 'where the Worker answers, if not where wrangler says')
  .option('--dry-run', 'print every step and command, and ask nobody', false)
  .option('--show-secrets', 'print the tokens that were made', false)
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ env, data, model, url, dryRun, showSecrets }) => {
  const chosen = { data: existsSync(data) ? resolve(data) : data, model: model && resolve(model) };
  process.chdir(ROOT);
  const resources = await resourcesOf(env);
  const world: World = { wrangler: installedWrangler, marquee: ownCommand(env), fetch, pause: setTimeout };
  const steps = stepsOf({ resources, ...chosen, url: url?.replace(/\/$/, '') }, world);
  for (const [index, step] of steps.entries()) await take(step, `${index + 1}/${steps.length}`, dryRun);
  if (dryRun) return console.log('nothing was done or asked: npm run deploy does it, leaving out what is there');
  if (showSecrets) console.log(JSON.stringify(await keptSecrets(resources.folder), null, 2));
  else console.log(await lastWords(resources));
});

/** Where the tokens are that were made. What Cloudflare's own builds keep on their disk goes with them. */
async function lastWords({ folder, worker }: Resources): Promise<string> {
  if (!process.env.WORKERS_CI) return `done; tokens that were made are in ${secretsPath(folder)}`;
  const made = Object.keys(await keptSecrets(folder));
  if (made.length === 0) return 'done';
  return `done; nobody knows ${made.join(', ')}, made by this build. Set your own: npx wrangler secret put NAME --name ${worker}`;
}

async function take({ title, why, commands, act }: Step, place: string, dryRun: boolean): Promise<void> {
  console.log(`${place} ${title}: ${why}`);
  if (dryRun) return commands.forEach((text) => void console.log(`      ${text}`));
  console.log(`      ${await act()}`);
}

/** Runs npm run NAME for an environment; what it prints is seen. */
function ownCommand(environment: string): World['marquee'] {
  return async (name, args) => {
    const child = spawn(process.execPath, [join(ROOT, `scripts/${name}.ts`), ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, MARQUEE_ENV: environment },
    });
    const status = await new Promise((done) => child.once('close', done));
    if (status === 0) return;
    throw new MarqueeError('store-unavailable', `npm run ${name} -- ${args.join(' ')} failed`, {
      fix: 'It says why above. Run the deployment again when that is mended: what is there already is left as it is.',
    });
  };
}
