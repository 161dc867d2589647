import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { mulberry } from '../../fixtures/random.ts';

/** Movies, of which each user rates 20 to 380, the best-known most often. */
const MOVIES = 20_000;
const [FEWEST, MOST] = [20, 380];

/** Characters that are gathered before they are written. */
const BLOCK = 1 << 20;

/** Writes a file of synthetic ratings in MovieLens' layout, two tastes in them, user by user: it is never held. */
export async function writeRatingFile(path: string, ratings: number, seed = 1): Promise<void> {
  const uniform = mulberry(seed);
  const tastes = Float64Array.from({ length: 2 * MOVIES }, () => 2 * uniform() - 1);
  const lastRatedBy = new Int32Array(MOVIES + 1);
  const file = createWriteStream(path);
  let text = 'userId,movieId,rating,timestamp\n';
  for (let user = 1, left = ratings; left > 0; user++) {
    const count = Math.min(left, FEWEST + Math.floor((MOST - FEWEST) * uniform()));
    const [a, b] = [2 * uniform() - 1, 2 * uniform() - 1];
    for (let n = 0, time = 1_000_000_000 + Math.floor(5e8 * uniform()); n < count; time += 60) {
      const movie = 1 + Math.floor(MOVIES * uniform() ** 2);
      if (lastRatedBy[movie] === user) continue;
      lastRatedBy[movie] = user;
      const stars = 3.5 + a * tastes[2 * movie - 2] + b * tastes[2 * movie - 1] + 2 * (uniform() - 0.5);
      text += `${user},${movie},${Math.round(2 * Math.max(0.5, Math.min(5, stars))) / 2},${time}\n`;
      n++;
    }
    left -= count;
    if (text.length < BLOCK && left > 0) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end();
  await finished(file);
}
