/** What a person can do about where their ratings are. */
export interface PrivacyActions {
  /** Keeps ratings in this browser from now on. @param deletesThere whether the server forgets those that it has */
  keepHere(deletesThere: boolean): void;
  /** Loads the exact vectors too. */
  loadExact(): void;
  /** Hands the ratings to the server, which keeps them from now on. */
  giveBack(): void;
  /** Saves this page with model and ratings as one file. */
  takeAway(): void;
  /** Saves the ratings of this browser as a file. */
  exportRatings(): void;
}
