const KEY = 'marquee.skipped';
/** The most that the Worker takes in one request. */
const MOST = 400;

/** The films that the person has not seen, oldest first. Only this browser remembers them. */
export function readSkipped(): number[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => Number.isInteger(id)) : [];
  } catch {
    return [];
  }
}

/** Remembers them; without storage only until the page is closed. */
export function keepSkipped(movieIds: readonly number[]): number[] {
  const kept = [...new Set(movieIds)].slice(-MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Private windows may refuse.
  }
  return kept;
}
