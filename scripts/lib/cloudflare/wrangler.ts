import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { MarqueeError } from '../../../shared/errors.ts';

/** What wrangler left behind. */
export interface WranglerAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of wrangler, to its end. */
export type Wrangler = (args: readonly string[]) => Promise<WranglerAnswer>;

const PROGRAM = join(import.meta.dirname, '../../../node_modules/wrangler/bin/wrangler.js');

/** The installed wrangler, which asks nothing back since nobody sits at its input. */
export const installedWrangler: Wrangler = async (args) => {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_LOG: 'log', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1', COLUMNS: '400' },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stdout: stripVTControlCharacters(stdout), stderr: stripVTControlCharacters(stderr) };
};

/**
 * A command's stdout.
 *
 * @param permission what a token needs for it, as Cloudflare's dashboard names it
 * @throws `not-configured` when Cloudflare refused, `store-unavailable` when the command failed otherwise
 */
export async function asked(wrangler: Wrangler, args: readonly string[], permission: string): Promise<string> {
  const answer = await wrangler(args);
  if (answer.status === 0) return answer.stdout;
  throw failureOf(args, answer, permission);
}

export function failureOf(args: readonly string[], answer: WranglerAnswer, permission: string): MarqueeError {
  const words = `${answer.stdout}\n${answer.stderr}`;
  const command = `wrangler ${args.join(' ')}`;
  const refusal = REFUSALS.find(({ sign }) => sign.test(words));
  if (refusal) return new MarqueeError('not-configured', refusal.message, { fix: refusal.fix });
  if (/\[code: (10000|9109|10023|7403)\]|Authentication error/i.test(words)) {
    return new MarqueeError('not-configured', `the token may not do this: ${command}`, {
      fix: `Give it the permission "${permission}" at https://dash.cloudflare.com/profile/api-tokens, then run it again.`,
    });
  }
  return new MarqueeError('store-unavailable', `${command} failed: ${lastWords(words)}`, {
    fix: 'Run it again when that is mended: what is there already is left as it is.',
  });
}

export const SIGN_IN =
  'Sign in once with: npx wrangler login\n' +
  'Where no browser is, set CLOUDFLARE_ACCOUNT_ID and\n' +
  'CLOUDFLARE_API_TOKEN, a token that may edit Workers R2 Storage, D1 and Workers Scripts, and for npm run deploy Queues.';

const REFUSALS = [
  {
    sign: /necessary to set a CLOUDFLARE_API_TOKEN|not authenticated|"loggedIn":\s*false/i,
    message: 'nobody is signed in to Cloudflare',
    fix: SIGN_IN,
  },
  {
    sign: /more than one account/i,
    message: 'there is more than one account, and none is named',
    fix: 'Set CLOUDFLARE_ACCOUNT_ID; npx wrangler whoami lists them.',
  },
  {
    sign: /consumer_exists|\[code: 11004\]/i,
    message: 'another Worker takes what is in one of these queues, and a queue has one consumer',
    fix: 'A second deployment needs names of its own: copy all of [env.staging] in wrangler.toml, and change the names in it.',
  },
  {
    sign: /enable R2|\[code: 10042\]/i,
    message: 'R2 is not switched on in this account',
    fix: 'Switch it on at https://dash.cloudflare.com/?to=/:account/r2 (Cloudflare asks for a means of payment).',
  },
];

/** The lines that say what went wrong, without wrangler's frame. */
function lastWords(words: string): string {
  const lines = words.split('\n').map((line) => line.replace(/^.*\[ERROR\]\s*/, '').trim());
  return lines
    .filter((line) => line !== '' && !/Logs were written|^⛅|^─+$/.test(line))
    .join(' ')
    .slice(-600);
}
