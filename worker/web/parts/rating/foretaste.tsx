import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Preview } from '../../state/preview.ts';
import { shortTitle } from '../film/title.tsx';

/** Films that are named; of the others the number. */
const NAMED = 3;

/** What the stars would change that a pointer or the keys rest on. */
export const PreviewContext = createContext<Preview | null>(null);

/** The same below the question. Its place is reserved, and on touch there is none. */
export function Foretaste({ movieId }: { movieId: number | undefined }) {
  const preview = useContext(PreviewContext);
  return (
    <p class="foretaste with-scripts" aria-live="polite">
      {preview && preview.movieId === movieId ? told(preview) : 'Rest on a star to see what it would change.'}
    </p>
  );
}

/** The same beside any other stars, over what stands below them: nothing moves. */
export function Beside({ movieId }: { movieId: number }) {
  const preview = useContext(PreviewContext);
  return (
    <span class="beside" aria-live="polite">
      {preview?.movieId === movieId && <span>{told(preview)}</span>}
    </span>
  );
}

function told({ rating, brings, drops }: Preview) {
  return (
    <>
      <strong>
        {rating} <span aria-hidden="true">★</span>
        <span class="visually-hidden">stars</span>
      </strong>{' '}
      {brings.length === 0 ? 'changes none of your first ten' : `brings in ${named(brings)}; drops ${named(drops)}`}
    </>
  );
}

function named(titles: readonly string[]): string {
  const [names, more] = [titles.slice(0, NAMED).map(shortTitle), titles.length - NAMED];
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
