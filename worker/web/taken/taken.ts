import type { CompactAnswer } from '../private/start.ts';

/** What a page that was taken along has in it, as JSON in an element of this id. */
export interface Taken extends CompactAnswer {
  /** Tells its ratings from those of other pages that were taken along. */
  readonly id: string;
  /** base64, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** As `OwnRatings` keeps them, and marks. */
  readonly ratings: string;
  readonly marks: string;
}

export const TAKEN_ID = 'taken';
