import { MarqueeError } from '../errors.ts';
import type { Profile, UserVectors } from './model.ts';

/** The profile of that name. Throws `unknown-profile` that lists those there are. */
export function findProfile(profiles: readonly Profile[], name: string): Profile {
  const found = profiles.find(({ profile }) => profile === name);
  if (found) return found;
  const known = profiles.map(({ profile }) => profile);
  throw new MarqueeError(
    'unknown-profile',
    `profile: got "${name}", expected ${known.join(', ') || 'none: the model has no profiles'}`,
    {
      details: { parameter: 'profile', got: name, expected: known },
      fix: 'GET /profiles lists them.',
    },
  );
}

/** A profile as somebody to score for: its users are known, so nothing of it is the Bias model's. */
export function profileVectors({ bias, factors, relevance }: Profile): UserVectors {
  return { bias, factors, relevance, biasShare: 0, deviation: 0 };
}
