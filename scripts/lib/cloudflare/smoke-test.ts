import { MarqueeError } from '../../../shared/errors.ts';
import type { World } from './world.ts';

/** The model, a list, the page. */
export const ADDRESSES = ['/health', '/recommend?k=1', '/'];

/** Attempts and milliseconds between two: two minutes in all. */
const ATTEMPTS = 24;
const PAUSE = 5000;

/** Asks a Worker for each of these until it answers with 200. Throws `store-unavailable` when it does not. */
export async function smokeTest(url: string | null, { fetch, pause }: Pick<World, 'fetch' | 'pause'>): Promise<string> {
  if (!url) return 'left out, since no address is known: give --url';
  for (const path of ADDRESSES) {
    let last = '';
    for (let attempt = 1; last !== '200'; attempt++) {
      if (attempt > ATTEMPTS) throw failed(url + path, last);
      if (attempt > 1) await pause(PAUSE);
      last = await answerTo(url + path, fetch);
    }
  }
  return `${ADDRESSES.join(', ')} answer with 200`;
}

async function answerTo(url: string, fetch: World['fetch']): Promise<string> {
  try {
    const answer = await fetch(url);
    return answer.status === 200 ? '200' : `${answer.status} ${(await answer.text()).slice(0, 300)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function failed(url: string, last: string): MarqueeError {
  return new MarqueeError('store-unavailable', `${url} does not answer as it should: ${last}`, {
    fix: 'npm run doctor -- --remote says what is missing; npx wrangler tail shows what the Worker logs.',
  });
}
