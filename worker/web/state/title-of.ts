import { titlesIn } from '../../../shared/title.ts';
import type { State } from './state.ts';

/** The document's title. */
export function titleOf({ film, address }: State): string {
  if (address.view === 'admin') return 'Operator · Marquee';
  if (address.view === 'about') return 'About the model · Marquee';
  if (!film) return address.view === 'together' ? 'Together · Marquee' : 'Marquee';
  const { title, year } = film.details;
  return `${titlesIn(title)[0]}${year === null ? '' : ` (${year})`} · Marquee`;
}
