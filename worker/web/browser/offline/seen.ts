import { type Address, hrefOf, type View } from '../../state/address.ts';
import { NO_BRING } from '../../state/bring.ts';
import { CONNECTED } from '../../state/connection.ts';
import { emptyState } from '../../state/load.ts';
import { NO_MAP } from '../../state/map/map-state.ts';
import type { State } from '../../state/state.ts';
import { Shelf } from './shelf.ts';

/** Views that are kept. */
const MOST = 30;
/** Views that show the person's ratings, or load themselves what they show. */
const FRAMES: readonly View[] = ['mine', 'map', 'bring', 'together'];
/** Milliseconds after the last change until a view is kept. */
const SETTLED = 400;

/** A view as it was seen last. */
interface Seen {
  /** Its address. */
  readonly key: string;
  /** When it was had, milliseconds since the epoch. */
  readonly at: number;
  readonly state: State;
}

/** The views that this browser showed, so that it can show them without the Worker. */
export class SeenViews {
  readonly #shelf = new Shelf<Seen>('seen');
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Keeps what is shown, once it stands still. */
  notice(current: () => State): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#keep(current()), SETTLED);
  }

  at(address: Address): Promise<Seen | undefined> {
    return this.#shelf.get(keyOf(address));
  }

  /** What to show at an address while the Worker does not answer: the view as it was, or what else is known. */
  async stateFor(address: Address): Promise<State> {
    const views = (await this.#shelf.all()).sort((a, b) => b.at - a.at);
    const same = views.find(({ key }) => key === keyOf(address));
    const newest = views[0]?.state;
    const known = same?.state ?? (newest && { ...newest, list: null, film: null, about: null, found: null, grid: [] });
    const connection = { ...CONNECTED, user: newest?.connection.user, asOf: same?.at ?? null };
    const isWhole = same !== undefined || (FRAMES.includes(address.view) && newest !== undefined);
    const trouble = isWhole ? null : { message: 'This was not opened here before.', fix: 'It needs the server.' };
    const marks = newest && { ...newest.marks, watchlist: same?.state.marks.watchlist ?? null };
    const person = newest && { ratings: newest.ratings, hasAllRatings: newest.hasAllRatings, marks };
    return { ...emptyState(address), ...known, ...person, address, connection, trouble };
  }

  /** Forgets the oldest views, and all of them once they are of another person. */
  async tidy(user: number | null | undefined): Promise<void> {
    const views = (await this.#shelf.all()).sort((a, b) => b.at - a.at);
    const isOthers = ({ state }: Seen) => state.connection.user != null && state.connection.user !== user;
    if (user !== undefined && views.some(isOthers)) return this.clear();
    for (const { key } of views.slice(MOST)) await this.#shelf.update(key, () => undefined);
  }

  clear(): Promise<void> {
    return this.#shelf.clear();
  }

  async #keep(state: State): Promise<void> {
    const { waiting, trouble, connection, address } = state;
    if (waiting || trouble || !shownOf(state)) return;
    const [key, at] = [keyOf(address), connection.asOf ?? Date.now()];
    await this.#shelf.update(key, () => ({ key, at, state: lean(state) }));
  }
}

/** A part of the map is the map. */
function keyOf(address: Address): string {
  return hrefOf({ ...address, place: undefined });
}

/** What a view is looked at for, null where it has not come. */
function shownOf({ address: { view }, film, about, marks, list }: State): unknown {
  if (view === 'film') return film;
  if (view === 'admin') return null;
  if (view === 'watchlist') return marks.watchlist;
  return view === 'about' ? about?.report : list;
}

/** Without what was said here just now, and without what is loaded anew. */
function lean(state: State): State {
  const marks = { ...state.marks, before: {}, unstored: {} };
  const later = { map: NO_MAP, together: null, preview: null, bring: NO_BRING };
  return { ...state, ...later, marks, said: '', removed: [], unstored: {}, neural: false };
}
