import type { Privacy } from '../../state/privacy.ts';

/** How lists that a browser makes by itself stand to the server's. */
export function exactness({ exact }: Privacy): string {
  return exact
    ? 'Lists are exact, as the server’s.'
    : 'Scores may differ from the server’s by up to 0.02, so that close neighbours may change places.';
}
