import { encode } from 'uqr';
import { shortTitle } from '../parts/film/title.tsx';
import { type TogetherActions, TogetherContext } from '../parts/together/actions.ts';
import { Body } from '../parts/together/body.tsx';
import { late } from '../parts/together/late.ts';
import { type Address, hrefOf } from '../state/address.ts';
import type { Api, Gathering, Movie } from '../state/api.ts';
import { GatheringsApi } from '../state/gatherings-api.ts';
import { type State, troubleOf } from '../state/state.ts';
import { askedNow, NO_GATHERING, namesOf, type TogetherState, withMarked } from '../state/together.ts';
import type { Navigation } from './navigation.ts';
import { asSomebody } from './somebody.ts';
import type { Store } from './store.ts';

/** Milliseconds between two looks at what the others did. */
const EVERY = 4000;
/** Films not seen that the Worker takes. */
const MOST_NOT_SEEN = 400;

export interface Services {
  readonly api: Api;
  readonly store: Store;
  readonly navigation: Navigation;
}

/** Keeps the view of a gathering as the server has it, and does what a person does there. */
export class Gatherings implements TogetherActions {
  readonly #services: Services;
  readonly #api: GatheringsApi;
  #address: Address | null = null;
  #list: State['list'] = null;
  #skipped: readonly number[] = [];
  #tag = '';
  #turn = 0;
  /** What the person did in vain: it stays said, while a look that succeeds mends the trouble of looking. */
  #failed: (() => Promise<void>) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#api = new GatheringsApi(services.api);
    late.Body = ({ state }) => (
      <TogetherContext.Provider value={this}>
        <Body state={state} />
      </TogetherContext.Provider>
    );
    document.addEventListener('visibilitychange', () => this.#isShown() && void this.#look());
  }

  /** Takes up a change of the page: another address, another rating, another film that was not seen. */
  follow(): void {
    const { address, list, skipped } = this.#state;
    const before = this.#address;
    const [moved, rated, skips] = [changes(before, address), list !== this.#list, skipped !== this.#skipped];
    [this.#address, this.#list, this.#skipped] = [address, list, skipped];
    if (address.view !== 'together') return;
    if (moved) void this.#arrive(before);
    else if (rated) void this.#look();
    if (skips && this.#isMember()) void this.#saySkipped();
  }

  open = (name: string): void => {
    const { navigation } = this.#services;
    void this.#try(async () => {
      const gathering = await asSomebody(this.#services, (user) => this.#api.open(user, name || undefined));
      await navigation.go({ ...this.#state.address, gathering }, 'replace', scrollY);
      focusHeading();
    });
  };

  join = (name: string): void => {
    void this.#try(async () => {
      await this.#join({ name: name || undefined, notSeen: this.#notSeen });
      this.#say('You are in.');
      await this.#look();
      focusHeading();
    });
  };

  leave = (): void => {
    const { navigation } = this.#services;
    void this.#try(async () => {
      const { ended } = await asSomebody(this.#services, (user) => this.#api.leave(this.#code, user));
      this.#say(ended ? 'The gathering has ended.' : 'You left.');
      if (ended) await navigation.go({ ...this.#state.address, gathering: undefined, mean: undefined }, 'replace');
      else await this.#look();
      focusHeading();
    });
  };

  visit = (gathering: string): void => {
    if (gathering) void this.#services.navigation.go({ ...this.#state.address, gathering }, 'push');
  };

  rankByMean = (whether: boolean): void => {
    const mean = whether || undefined;
    void this.#services.navigation.go({ ...this.#state.address, mean }, 'push', scrollY);
  };

  copyLink = (): void => {
    const { link } = this.#together.invitation!;
    void navigator.clipboard.writeText(link).then(
      () => this.#say('The link is copied.'),
      () => this.#say('The link could not be copied: select it instead.'),
    );
  };

  askNow = (movie: Movie): void => {
    const { store } = this.#services;
    store.set({ deck: askedNow(store.state.deck, movie), said: `Have you seen ${shortTitle(movie.title)}?` });
    const card = document.querySelector<HTMLElement>('[data-entry="deck"]');
    if (!card?.checkVisibility()) document.querySelector<HTMLElement>('.fold')?.click();
    queueMicrotask(() => card?.focus()); // once the sheet is unfolded
  };

  retry = (): void => {
    const failed = this.#failed;
    this.#set({ trouble: null });
    void (failed ? this.#try(failed) : this.#look());
  };

  get #state(): State {
    return this.#services.store.state;
  }

  get #together(): TogetherState {
    return this.#state.together ?? NO_GATHERING;
  }

  get #code(): string {
    return this.#state.address.gathering ?? '';
  }

  get #notSeen(): number[] {
    return this.#state.skipped.slice(-MOST_NOT_SEEN);
  }

  #set(change: Partial<TogetherState>): void {
    this.#services.store.set({ together: { ...this.#together, ...change } });
  }

  #say(said: string): void {
    this.#services.store.set({ said });
  }

  #isMember(): boolean {
    return this.#together.gathering?.members.some(({ you }) => you) ?? false;
  }

  #isShown(): boolean {
    return document.visibilityState === 'visible' && this.#state.address.view === 'together' && this.#code !== '';
  }

  #join(said: { name?: string; notSeen: number[] }): Promise<unknown> {
    return asSomebody(this.#services, (user) => this.#api.join(this.#code, user, said));
  }

  async #try(action: () => Promise<void>): Promise<void> {
    this.#failed = null;
    try {
      await action();
      this.#set({ trouble: null });
    } catch (error) {
      this.#failed = action;
      this.#set({ trouble: troubleOf(error) });
    }
  }

  /** Shows what another address names. */
  async #arrive(before: Address | null): Promise<void> {
    this.#tag = '';
    this.#failed = null;
    if (before?.gathering !== this.#code || !this.#state.together) {
      this.#set({ ...NO_GATHERING, invitation: this.#code ? invitationTo(this.#code) : null });
    }
    if (this.#code) return this.#look();
    if (this.#state.ratings.length === 0) return; // a person without a rating has rarely a session
    const living = await this.#api.own().catch(() => []);
    this.#set({ living });
  }

  /** Asks for the gathering, and for its question when it changed; then again, while the page is seen. */
  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#isShown()) return;
    const turn = ++this.#turn;
    const { address } = this.#state;
    let again = true;
    try {
      const answer = await this.#api.read(this.#code, address, this.#tag);
      if (turn !== this.#turn) return;
      if (!this.#failed && this.#together.trouble) this.#set({ trouble: null });
      if (answer) {
        this.#show(answer.gathering);
        await this.#askQuestion(turn, answer.gathering);
        if (turn === this.#turn) this.#tag = answer.tag; // a look that was overtaken may lack its question
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      again = ![404, 410].includes((error as { status?: number }).status ?? 0);
      const gone = again ? {} : { gathering: null, question: null };
      this.#failed = null;
      this.#set({ ...gone, trouble: troubleOf(error) });
    }
    if (again && turn === this.#turn) this.#timer = setTimeout(() => void this.#look(), EVERY);
  }

  #show(gathering: Gathering): void {
    const before = this.#together.gathering;
    const said = newsOf(before, gathering);
    const isSameList = this.#tag !== '';
    const isMarked = (movieId: number) => this.#state.marks.before[movieId] !== undefined;
    this.#set({
      gathering: withMarked(isSameList ? before : null, gathering, isMarked),
      invitation: invitationTo(gathering.code),
    });
    if (said) this.#say(said);
  }

  async #askQuestion(turn: number, { members }: Gathering): Promise<void> {
    if (members.length < 2 || !this.#isMember()) return this.#set({ question: null });
    const question = await this.#api.question(this.#code, this.#state.address);
    if (turn === this.#turn) this.#set({ question });
  }

  /** Tells the gathering what the person has not seen, so that nobody asks them about it. */
  async #saySkipped(): Promise<void> {
    await this.#try(async () => {
      await this.#join({ notSeen: this.#notSeen });
      await this.#look();
    });
  }
}

function focusHeading(): void {
  document.getElementById('together-heading')?.focus();
}

/** Whether another address asks for another gathering, or for another list of it. */
function changes(before: Address | null, { view, gathering, mean, list }: Address): boolean {
  const asked = (of: Partial<Address>) => JSON.stringify([of.view, of.gathering, of.mean, of.list]);
  return before === null || asked(before) !== asked({ view, gathering, mean, list });
}

/** What a screen reader is told of a gathering that changed. */
function newsOf(before: Gathering | null, after: Gathering): string {
  if (!before) return '';
  const missingIn = (one: Gathering, other: Gathering) => {
    const places = new Set(one.members.map(({ place }) => place));
    return namesOf(other.members).filter((_, at) => !places.has(other.members[at].place));
  };
  const [come, gone] = [missingIn(before, after), missingIn(after, before)];
  if (come.length > 0) return `${come.join(', ')} joined.`;
  if (gone.length > 0) return `${gone.join(', ')} left.`;
  const [first] = after.items;
  return first && first.movieId !== before.items[0]?.movieId ? `Now first for all: ${shortTitle(first.title)}.` : '';
}

function invitationTo(gathering: string): TogetherState['invitation'] {
  const address: Address = { view: 'together', film: null, search: '', offset: 0, list: {}, gathering };
  const link = `${location.origin}${hrefOf(address)}`;
  const { size, data } = encode(link, { ecc: 'M', border: 3 });
  const path = data.flatMap((line, y) => line.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return { link, size, path };
}
