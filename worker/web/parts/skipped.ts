const KEY = 'marquee.skipped';
/** The most that the Worker takes in one request. */
const MOST = 400;

/** Films that the person has not seen. Only this browser remembers them. */
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
      // Without storage they are remembered until the page is closed.
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
