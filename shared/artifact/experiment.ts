import * as z from 'zod';
import { hashUnit } from '../math/hash.ts';

export const VERSION_EXAMPLE = '20261122T023145Z-1a2b3c';

/** A version's name. */
export const versionName = z
  .string()
  .regex(/^\d{8}T\d{6}Z-[0-9a-z]+$/, `a version looks like ${VERSION_EXAMPLE}`)
  .meta({ example: VERSION_EXAMPLE });

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'a name has up to 40 letters, digits, dots and dashes');

/** Parameters of lists, for requests that do not name them. */
export const settingsSchema = z
  .strictObject({
    blend: z.number().min(0).max(1).optional(),
    popularity: z.number().min(-1).max(1).optional(),
    by: z.enum(['relevance', 'rating', 'next']).optional(),
    explore: z.number().min(0).max(1).optional(),
  })
  .refine(({ by, blend }) => by === undefined || blend === undefined, 'by or blend, not both');
export type ListSettings = z.infer<typeof settingsSchema>;

const armSchema = z.object({
  name,
  /** Of the model; absent: the version in service, also when that becomes another. */
  version: versionName.optional(),
  settings: settingsSchema.optional(),
  weight: z.number().positive(),
  /** Its people get what everybody gets outside of the experiment. */
  stopped: z.literal(true).optional(),
});
export type Arm = z.infer<typeof armSchema>;

/** The first arm is the one that the others are compared with. */
export const experimentSchema = z
  .object({
    name,
    startedAt: z.iso.datetime(),
    ends: z.iso.datetime(),
    arms: z.array(armSchema).min(2, 'two arms at least').max(8, 'eight arms at most'),
  })
  .refine(({ arms }) => new Set(arms.map(({ name }) => name)).size === arms.length, 'two arms bear one name')
  // An isolate has room for two versions: that in service, and one beside it.
  .refine(({ arms }) => versionsOf(arms).length <= 1, 'arms name two versions; one beside the version in service fits');
export type Experiment = z.infer<typeof experimentSchema>;

/** The versions that arms name, each once. */
export function versionsOf(arms: readonly Arm[]): string[] {
  return [...new Set(arms.flatMap(({ version }) => version ?? []))];
}

/**
 * The arm that a person is in, by a hash of the experiment's name and of theirs, so that they stay in it and nothing has
 * to be stored. Null after the experiment's end, and in an arm that was stopped.
 *
 * @param now milliseconds since the epoch
 */
export function armOf({ name, ends, arms }: Experiment, userId: number, now: number): Arm | null {
  if (now >= Date.parse(ends)) return null;
  let left = arms.reduce((sum, { weight }) => sum + weight, 0) * hashUnit(`${name}/${userId}`);
  const arm = arms.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return arm && !arm.stopped ? arm : null;
}
