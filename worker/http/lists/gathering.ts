import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ListSettings } from '../../../shared/artifact/experiment.ts';
import { hexOf } from '../../../shared/artifact/manifest.ts';
import { MarqueeError, short } from '../../../shared/errors.ts';
import {
  GATHERING_LIFE,
  type Gathering,
  type Member,
  readGathering,
} from '../../../shared/ratings/tables/gathering.ts';
import { withDeadline } from '../../ratings/deadline.ts';
import type { Taste } from '../../recommend/taste.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { type UserSources, withVectors } from '../../version/taste-of.ts';
import type { AppEnv } from '../app-env.ts';
import { sessionSecret } from '../identity/auth.ts';
import { now } from '../now.ts';
import { tasteFrom } from '../person.ts';
import { sourcesOf } from '../stored-ratings.ts';

/** Digits of a code: those of Crockford's base 32, which lack I, L, O and U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Of five bits each: 60 bits in all. */
const CODE_LENGTH = 12;

/** Ratings after which nobody is said to have rated more. */
const ENOUGH = 5;

/** A new code that nobody guesses. */
export function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(CODE_LENGTH));
  return Array.from(bytes, (byte) => DIGITS[byte % DIGITS.length]).join('');
}

/** A code as people type it: case, dashes and blanks do not count, and what looks like a digit is one. */
const code = z
  .string()
  .max(40)
  .transform((text) => text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1'))
  .openapi({ type: 'string', example: 'K7QF3M9X2V4T', description: 'Of a gathering. Case and dashes do not count.' });

/** Of a route about one gathering. */
export const params = z.object({ code });
export const NEEDS_GATHERING = 'Needs the code of a gathering that lives, and somebody: 404 and 401 without.';

export const memberSchema = z
  .object({
    name: z.string().nullable().openapi({ description: 'What they call themselves.' }),
    place: z.int().openapi({ description: '1 for the maker, then in the order of joining.' }),
    you: z.boolean(),
    rated: z.int().openapi({ description: `How many movies they rated; ${ENOUGH} stands for more, too.` }),
  })
  .openapi('Member');

/** What everybody who knows the code may see. */
export const gatheringShape = {
  code: z.string(),
  endsAt: z.iso.datetime().openapi({ description: 'A day after it was opened.' }),
  members: z.array(memberSchema).openapi({ description: 'In the order of `people` of each item.' }),
};

/** Somebody of a gathering, and what is known of them. */
export interface KnownMember extends Member {
  readonly sources: UserSources;
  readonly taste: Taste;
}

/** The error of a code that nobody was given. */
function unknownGathering(code: string): MarqueeError {
  return new MarqueeError('unknown-gathering', `there is no gathering ${short(code)}`, {
    fix: 'Look at the code again, or open a gathering: POST /gatherings.',
  });
}

/** A gathering that lives. Throws `unknown-gathering`, `ended-gathering`, `store-unavailable`. */
export async function livingGathering(c: Context<AppEnv>, code: string): Promise<Gathering & { maker: number }> {
  const gathering = await withDeadline(readGathering(c.env.DB, code), c.var.ratingTimeout);
  if (!gathering) throw unknownGathering(code);
  const { maker, madeAt } = gathering;
  if (maker !== null && madeAt > Math.floor(c.var.now() / 1000) - GATHERING_LIFE) return { ...gathering, maker };
  throw new MarqueeError('ended-gathering', 'whoever opened this gathering ended it, or it is older than a day', {
    fix: 'Open another one: POST /gatherings.',
  });
}

/**
 * The members of a gathering and their tastes; whoever is deleted at this moment is none.
 *
 * @param soon as of `withVectors`
 */
export async function knownMembers(
  c: Context<AppEnv>,
  served: ServedVersion,
  { members }: Gathering,
  soon?: readonly number[],
): Promise<KnownMember[]> {
  const moment = { since: 0, now: now(c) };
  const all = await Promise.all(
    members.map(async (member) => ({ member, sources: await livingSources(c, served, member) })),
  );
  const known = all.flatMap(({ member, sources }) => (sources ? [{ member, sources }] : []));
  const users = await withVectors(
    served,
    known.map(({ sources }) => ({ sources, moment })),
    soon,
  );
  return Promise.all(
    known.map(async ({ member, sources }, at) => ({
      ...member,
      sources,
      taste: await tasteFrom(served, users[at], moment),
    })),
  );
}

/** What is known of a member; null of whoever is deleted. */
async function livingSources(
  c: Context<AppEnv>,
  served: ServedVersion,
  { userId }: Member,
): Promise<UserSources | null> {
  try {
    return await sourcesOf(c, served, userId);
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'deleted-user') return null;
    throw error;
  }
}

/** What everybody who knows the code may see of a gathering. */
export function aboutGathering({ code, madeAt }: Gathering, members: readonly KnownMember[], you: number | null) {
  return {
    code,
    endsAt: new Date((madeAt + GATHERING_LIFE) * 1000).toISOString(),
    members: members.map(({ name, place, userId, taste }) => ({
      name,
      place,
      you: userId === you,
      rated: Math.min(ENOUGH, taste.rated.rows.length),
    })),
  };
}

/** What an answer about a gathering comes from. */
interface Seen {
  readonly version: ServedVersion;
  readonly members: readonly KnownMember[];
  readonly you: number | null;
  readonly settings: ListSettings;
}

/**
 * Names an answer by all that it comes from; null where it had to do without something. Signed, or whoever guesses what
 * somebody rated could check it.
 */
export async function tagOf(
  c: Context<AppEnv>,
  { version: { version, hidden, filmsTag }, members, you, settings }: Seen,
): Promise<string | null> {
  if (members.some(({ sources }) => sources.degraded.length > 0)) return null;
  const said = members.map(({ userId, name, place, notSeen, sources }) => {
    const ratings = sources.newer.map(({ movieId, rating }) => [movieId, rating]);
    const marks = sources.marks.map(({ movieId, mark }) => [movieId, mark]);
    return [userId, name, place, notSeen, ratings, marks];
  });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes(sessionSecret(c)), algorithm, false, ['sign']);
  const text = JSON.stringify([version, [...hidden], filmsTag, settings, c.req.url, you, said]);
  return `"${hexOf(await crypto.subtle.sign('HMAC', key, bytes(text))).slice(0, 32)}"`;
}
