import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { type NewRating, ratingShape } from '../../shared/ratings/new-rating.ts';
import type { Taste } from '../recommend/taste.ts';
import { markedRows } from '../version/marked.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { supposing, tasteAt, tasteOfProfile, type UserSources, withVectors } from '../version/taste-of.ts';
import type { AppEnv } from './app-env.ts';
import { readerOf } from './identity/auth.ts';
import { requireKnown } from './known-movie.ts';
import { now } from './now.ts';
import { MOST_RATINGS, since, timedRatingShape, timeOf, userId } from './parameters.ts';
import { sourcesOf } from './stored-ratings.ts';

/** The most people that a list is made for. */
const MOST_PEOPLE = 8;

const profile = z.string().min(1).max(100).openapi({
  description: 'A ready-made taste of `GET /profiles` to recommend for; what the user rated is still left out.',
});

/** Whom a query names. */
export const personQuery = { user: userId.optional(), profile: profile.optional(), since };

export const ratings = z
  .array(z.strictObject(timedRatingShape))
  .max(MOST_RATINGS)
  .openapi({
    description:
      'Oldest first: the newest weigh most. Those with a timestamp are put in its order, before those without. Of two ' +
      'for one movie the later holds.',
  });

/** The ways to name somebody in a body, of which one is taken. */
export const personShape = {
  user: userId.optional().openapi({ description: 'A user whom the caller may read.' }),
  profile: profile.optional().openapi({ description: 'A ready-made taste of `GET /profiles`.' }),
  ratings: ratings.optional(),
};

export const ONE_WAY = 'exactly one of user, profile and ratings';

export function isNamedOnce({ user, profile, ratings }: z.infer<z.ZodObject<typeof personShape>>): boolean {
  return [user, profile, ratings].filter((way) => way !== undefined).length === 1;
}

const personSchema = z
  .strictObject(personShape)
  .refine(isNamedOnce, ONE_WAY)
  .openapi('Person', { minProperties: 1, maxProperties: 1 });

export const people = z.array(personSchema).min(1).max(MOST_PEOPLE).openapi({
  description: 'Who watches together, instead of `ratings`. A `user` needs the same rights as `user` of a query.',
});

export const suppose = z
  .array(z.strictObject(ratingShape))
  .min(1)
  .max(MOST_RATINGS)
  .openapi({
    description:
      'Ratings as if the user gave them now, beside their own, instead of `ratings`: the answer is what ' +
      '`GET /recommend` would say after `POST /ratings`. Nothing is stored.',
  });

type Person = z.infer<typeof personSchema>;

/** Who is asked for in a body. */
interface BodyPeople {
  readonly ratings?: Person['ratings'];
  readonly people?: readonly Person[];
}

/** What a body supposes. */
interface Supposed {
  readonly user?: number;
  readonly suppose: z.infer<typeof suppose>;
  readonly since: number;
}

/** Whose ratings a body supposes to be more, and their taste then. Throws as `tastesOf`. */
export async function supposedTaste(c: Context<AppEnv>, served: ServedVersion, { suppose, since, user }: Supposed) {
  requireKnown(served.model.movies, suppose, 'suppose');
  const reader = await readerOf(c, user);
  const sources = supposing(await sourcesOf(c, served, reader), suppose, now(c));
  return { user: reader, taste: await tasteFrom(served, sources, { since, now: now(c) }) };
}

/** The people of a body; with `ratings` one. Throws `bad-body` unless it has exactly one of the two. */
export function peopleOf({ ratings, people }: BodyPeople): readonly Person[] {
  if (ratings !== undefined && people !== undefined) {
    throw new MarqueeError('bad-body', 'people: got it beside ratings, expected one of the two', {
      fix: 'Put the ratings into people, as {"ratings": […]}.',
      details: { parameter: 'people', expected: 'ratings or people, not both' },
    });
  }
  if (ratings !== undefined) return [{ ratings }];
  if (people !== undefined) return people;
  throw new MarqueeError('bad-body', 'ratings: got nothing, expected array of ratings, people or suppose', {
    details: { parameter: 'ratings', expected: 'ratings, people or suppose' },
  });
}

/**
 * The tastes of the people of a body, in order. Throws `unauthorized`, `forbidden`, `deleted-user`, `unknown-movie`,
 * `unknown-profile`.
 */
export async function tastesOf(
  c: Context<AppEnv>,
  served: ServedVersion,
  asked: BodyPeople & { readonly since: number },
): Promise<Taste[]> {
  const people = peopleOf(asked);
  const path = (p: number) => (asked.people ? `people.${p}.ratings` : 'ratings');
  const all = await Promise.all(people.map((person, p) => sourcesFor(c, served, person, path(p))));
  const moment = { since: asked.since, now: now(c) };
  const users = await withVectors(
    served,
    all.map((sources) => ({ sources, moment })),
  );
  return Promise.all(users.map((sources, p) => tasteFrom(served, sources, { ...moment, profile: people[p].profile })));
}

/** What is known of somebody of a body. Throws as `tastesOf`. @param path of their ratings in the body */
export async function sourcesFor(
  c: Context<AppEnv>,
  served: ServedVersion,
  { user, ratings }: Person,
  path: string,
): Promise<UserSources> {
  if (ratings) requireKnown(served.model.movies, ratings, path);
  const reader = user === undefined ? null : await readerOf(c, user);
  return ratings ? given(ratings, now(c)) : sourcesOf(c, served, reader);
}

/** The taste of a profile, else of what is known of a user. */
export async function tasteFrom(
  served: ServedVersion,
  known: UserSources,
  { profile, since, now }: { readonly profile?: string; readonly since: number; readonly now: number },
): Promise<Taste> {
  const moment = { since, now };
  const [sources] = await withVectors(served, [{ sources: known, moment }]);
  const taste = tasteAt(served, sources, moment);
  const marked = markedRows(served, sources);
  return { ...(profile === undefined ? taste : tasteOfProfile(served, profile, taste)), marked };
}

/** Ratings of a body as the rating store would hold them. @param now seconds since the epoch */
function given(ratings: NonNullable<Person['ratings']>, now: number): UserSources {
  const newer: NewRating[] = ratings.map((rating) => ({ ...rating, timestamp: timeOf(rating.timestamp, now) }));
  return { stored: null, newer: newer.sort((a, b) => a.timestamp - b.timestamp), marks: [], degraded: [] };
}
