import { make } from '../dom.ts';

const STARS = 5;
const STEP = 0.5;
const VALUES = Array.from({ length: STARS / STEP }, (_, index) => (index + 1) * STEP);

export interface StarControl {
  readonly element: HTMLElement;
  /** Shows a rating, null for none. */
  set(rating: number | null): void;
}

/**
 * Five stars in halves. They are one tab stop: arrow keys choose, Enter or Space rates. To a screen reader they are a
 * group of radio buttons. Moving over them never rates.
 */
export function createStars(title: string, onRate: (rating: number) => void): StarControl {
  const halves = VALUES.map((value) =>
    make('button', { type: 'button', role: 'radio', 'aria-label': `${value} ${value === 1 ? 'star' : 'stars'}` }),
  );
  const shapes = Array.from({ length: STARS }, () => make('span', { class: 'shape', 'aria-hidden': 'true' }));
  const stars = shapes.map((shape, star) =>
    make('span', { class: 'star' }, shape, halves[2 * star], halves[2 * star + 1]),
  );
  const element = make('div', { class: 'stars', role: 'radiogroup', 'aria-label': `Rate ${title}` }, ...stars);
  let rating: number | null = null;

  function paint(value: number | null): void {
    shapes.forEach((shape, star) => {
      const part = (value ?? 0) - star;
      shape.dataset.fill = part >= 1 ? 'full' : part > 0 ? 'half' : 'none';
    });
  }

  function set(value: number | null): void {
    rating = value;
    element.toggleAttribute('data-rated', value !== null);
    halves.forEach((half, index) => {
      half.setAttribute('aria-checked', String(VALUES[index] === value));
      half.tabIndex = VALUES[index] === (value ?? VALUES[0]) ? 0 : -1;
    });
    paint(value);
  }

  function move(from: number, key: string): number | null {
    if (key === 'ArrowRight' || key === 'ArrowUp') return Math.min(VALUES.length - 1, from + 1);
    if (key === 'ArrowLeft' || key === 'ArrowDown') return Math.max(0, from - 1);
    if (key === 'Home') return 0;
    return key === 'End' ? VALUES.length - 1 : null;
  }

  halves.forEach((half, index) => {
    half.addEventListener('click', () => onRate(VALUES[index]));
    half.addEventListener('pointerenter', () => paint(VALUES[index]));
    half.addEventListener('focus', () => {
      if (half.matches(':focus-visible')) paint(VALUES[index]);
    });
    half.addEventListener('keydown', (event) => {
      const to = move(index, event.key);
      if (to === null) return;
      event.preventDefault();
      halves.forEach((other, at) => {
        other.tabIndex = at === to ? 0 : -1;
      });
      halves[to].focus();
    });
  });
  element.addEventListener('pointerleave', () => paint(rating));
  element.addEventListener('focusout', (event) => {
    if (!element.contains(event.relatedTarget as Node | null)) set(rating);
  });
  set(null);
  return { element, set };
}
