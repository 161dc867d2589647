import { MarqueeError } from '../../shared/errors.ts';

/**
 * Waits for a store's answer. Throws `store-unavailable` when it takes longer than `milliseconds`; the store may still do
 * then what it was asked.
 *
 * @param store its name in the error
 */
export async function withDeadline<T>(
  answer: Promise<T>,
  milliseconds: number,
  store = 'the rating store',
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(
        new MarqueeError('store-unavailable', `${store} took longer than ${milliseconds} ms`, { fix: 'Try again.' }),
      );
    timer = setTimeout(giveUp, milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that a silent store is waited for: everybody would wait in vain for the whole time otherwise. */
const SILENT = 200;

/** How long a store is waited for: a short time only once it left a question without an answer, until it answers one. */
export class Patience {
  readonly #whole: number;
  readonly #short: number;
  #silent = false;

  /** @param whole milliseconds that the store may take while it answers */
  constructor(whole: number, short = SILENT) {
    this.#whole = whole;
    this.#short = Math.min(whole, short);
  }

  /** That the store may take now. */
  get milliseconds(): number {
    return this.#silent ? this.#short : this.#whole;
  }

  /** The store answered, be it with an error. */
  heard(): void {
    this.#silent = false;
  }

  /** The store had the whole time, and said nothing. */
  missed(): void {
    this.#silent = true;
  }
}
