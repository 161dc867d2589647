const KEY = 'marquee.skipped';
/** The Worker takes so many in one question. */
const MOST = 400;

/** Films that the person has not seen: remembered by this browser, nobody else's business. */
export function skippedMovies(): {
  add(movieId: number): void;
  has(movieId: number): boolean;
  list(): number[];
  clear(): void;
} {
  const ids = new Set<number>(read());
  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify([...ids].slice(-MOST)));
    } catch {
      // A browser that keeps nothing remembers until the page is closed.
    }
  };
  return {
    add(movieId) {
      ids.add(movieId);
      keep();
    },
    clear() {
      ids.clear();
      keep();
    },
    has: (movieId) => ids.has(movieId),
    list: () => [...ids].slice(-MOST),
  };
}

function read(): number[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => Number.isInteger(id)) : [];
  } catch {
    return [];
  }
}
