import { freeNumberOf } from '../../../shared/own-id.ts';

/** The numbers of ids of one's own. An id keeps the number that it has; a new one gets its own (`numberOf`) or the next. */
export class Numbers {
  readonly #most: number;
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** @param kept ids with the numbers that they have @param most the largest number, inclusive */
  constructor(kept: Iterable<readonly [string, number]>, most: number) {
    this.#most = most;
    for (const [id, number] of kept) this.#set(id, number);
  }

  of(id: string): number {
    return (
      this.#numbers.get(id) ??
      this.#set(
        id,
        freeNumberOf(id, (number) => this.#taken.has(number), this.#most),
      )
    );
  }

  /** All ids with their numbers, in the order in which they came. */
  entries(): Iterable<[string, number]> {
    return this.#numbers;
  }

  #set(id: string, number: number): number {
    this.#numbers.set(id, number);
    this.#taken.add(number);
    return number;
  }
}
