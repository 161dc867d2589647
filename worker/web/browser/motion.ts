const DURATION = 450;

/**
 * Remembers where the films of the list stand. The function that comes back shows, after a change, how each got from
 * there to its new place.
 */
export function rememberPlaces(): () => void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return () => {};
  const before = new Map(rows().map((row) => [row.dataset.movie, row.offsetTop]));
  return () => {
    for (const row of rows()) {
      const from = before.get(row.dataset.movie);
      if (from === undefined) {
        if (before.size > 0) row.animate({ opacity: [0, 1] }, { duration: DURATION });
      } else if (from !== row.offsetTop) {
        const keyframes = { transform: [`translateY(${from - row.offsetTop}px)`, 'none'] };
        row.animate(keyframes, { duration: DURATION, easing: 'cubic-bezier(0.2, 0, 0, 1)' });
      }
    }
  };
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('.for-you [data-movie]')];
}
