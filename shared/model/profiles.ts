import { MarqueeError, short } from '../errors.ts';
import type { Profile, UserVectors } from './model.ts';

/** The profile of that name. Throws `unknown-profile`, which lists the known ones. */
export function findProfile(profiles: readonly Profile[], name: string): Profile {
  const found = profiles.find(({ profile }) => profile === name);
  if (found) return found;
  const known = profiles.map(({ profile }) => profile);
  const expected = known.join(', ') || 'none: the model has no profiles';
  throw new MarqueeError('unknown-profile', `profile: got "${short(name)}", expected ${expected}`, {
    details: { parameter: 'profile', got: name, expected: known },
    fix: 'GET /profiles lists them.',
  });
}

/** A profile as a user to score for. The Bias model has no share in it: its users have ratings enough. */
export function profileVectors({ bias, factors, relevance }: Profile): UserVectors {
  return { bias, factors, relevance, biasShare: 0, deviation: 0 };
}
