import type { DecidingQuestion, Gathering, Movie } from './api.ts';
import type { Deck } from './deck.ts';

/** What the page knows of the gathering that its address names. */
export interface TogetherState {
  /** Null: not known yet, or the address names none. */
  readonly gathering: Gathering | null;
  /** The question that would decide its list; null where there is none. */
  readonly question: DecidingQuestion | null;
  /** Where the others find it, and that as a picture. */
  readonly invitation: Invitation | null;
  /** Codes of gatherings that the person is in, where the address names none. */
  readonly living: readonly string[];
  readonly trouble: { readonly message: string; readonly fix?: string } | null;
}

interface Invitation {
  readonly link: string;
  /** Modules on a side of the QR code, with its margin. */
  readonly size: number;
  /** SVG path of its dark modules, one unit each. */
  readonly path: string;
}

export const NO_GATHERING: TogetherState = {
  gathering: null,
  question: null,
  invitation: null,
  living: [],
  trouble: null,
};

/** The deck that asks about a film now. What was asked waits, unless it is answered. */
export function askedNow(deck: Deck, movie: Movie): Deck {
  const { places, turn, queue } = deck;
  const waits = places[turn];
  if (waits?.movieId === movie.movieId || places[1 - turn]?.movieId === movie.movieId) return deck;
  const others = queue.filter(({ movieId }) => movieId !== movie.movieId);
  return {
    places: turn === 0 ? [movie, places[1]] : [places[0], movie],
    turn,
    queue: waits ? [waits, ...others] : others,
  };
}

/**
 * What is shown of a newer gathering. A film that the person marked here keeps its place, so that the mark can be taken
 * back, and no other film slides under a pointer that rests there. Its predictions are of the same people.
 */
export function withMarked(
  before: Gathering | null,
  after: Gathering,
  isMarked: (movieId: number) => boolean,
): Gathering {
  const people = ({ members }: Gathering) => members.map(({ place }) => place).join();
  if (!before || people(before) !== people(after)) return after;
  const listed = new Set(after.items.map(({ movieId }) => movieId));
  const items = [...after.items];
  for (const [place, item] of before.items.entries()) {
    if (!listed.has(item.movieId) && isMarked(item.movieId)) items.splice(place, 0, item);
  }
  return { ...after, items };
}

type Members = Gathering['members'];
type Person = Gathering['items'][number]['people'][number];

/** What each member is called: "You", by their name, or as a guest. */
export function namesOf(members: Members): string[] {
  const given = (name: string | null) => (name?.toLowerCase() === 'you' ? null : name); // nobody else is "You"
  return members.map(({ you, name, place }) => (you ? 'You' : isolated(given(name) ?? `Guest ${place}`)));
}

/** Letters that are written from right to left, and signs that turn what follows. */
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name that turns nothing beside it in a sentence (Unicode's FSI and PDI). */
function isolated(name: string): string {
  return TURNING.test(name) ? `\u2068${name}\u2069` : name;
}

/** Stars by which one prediction has to lie below another to be told. */
const GAP = 0.3;

/** Who gives way for a film, in words: of two the one whom it pleases less, of several the least pleased. */
export function givesWay(people: readonly Person[], names: readonly string[]): string {
  const stars = people.map(({ predictedRating }) => predictedRating);
  const least = stars.indexOf(Math.min(...stars));
  const others = stars.filter((_, p) => p !== least);
  const mean = others.reduce((sum, value) => sum + value, 0) / others.length;
  const enough = mean - stars[least] > GAP - 1e-9; // tenths are not exact
  if (people.length === 2) {
    const inside = names.map((name) => (name === 'You' ? 'you' : name));
    return enough ? `Better for ${inside[1 - least]} than for ${inside[least]}` : 'As good for both';
  }
  if (!enough) return 'As good for everybody';
  return names[least] === 'You' ? 'You give way' : `${names[least]} gives way`;
}
