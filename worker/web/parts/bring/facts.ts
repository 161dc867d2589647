import type { Imported } from '../../state/api.ts';

/** A count and what it counts, in words. */
interface Fact {
  readonly count: number;
  readonly text: string;
}

const one = (count: number, single: string, many: string) => (count === 1 ? single : many);

/** What storing a file comes to; what does not occur is not said. */
export function factsOf(imported: Imported): Fact[] {
  const { ratings, held, older, repeated, seen, watchlist, notFilms, unrated } = imported;
  const fresh = ratings - held;
  const facts: Fact[] = [
    { count: fresh, text: `new or changed ${one(fresh, 'rating', 'ratings')}` },
    { count: held, text: `${one(held, 'rating', 'ratings')} that you have here already` },
    { count: seen, text: `${one(seen, 'film', 'films')} seen, without stars` },
    { count: watchlist, text: `${one(watchlist, 'film', 'films')} for your watchlist` },
    { count: older, text: 'left out: you rated the film here since' },
    { count: repeated, text: 'left out: the film is rated again, and the newest date counts' },
    { count: notFilms, text: 'left out: games, series, episodes and podcasts are no films' },
    { count: unrated, text: `${one(unrated, 'line', 'lines')} left out: without a rating` },
  ];
  return facts.filter(({ count }, at) => count > 0 || at === 0);
}
