import type { State } from '../state/state.ts';

/** The state of the page, and who draws it. */
export class Store {
  #state: State;
  readonly #draw: (state: State) => void;

  constructor(state: State, draw: (state: State) => void) {
    this.#state = state;
    this.#draw = draw;
  }

  get state(): State {
    return this.#state;
  }

  /** Takes up a change and draws it at once. */
  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    this.#draw(this.#state);
  }
}
