/** What a person can do about where their ratings are. */
export interface PrivacyActions {
  /** Keeps ratings in this browser from now on. @param deletesThere whether the server forgets those that it has */
  keepHere(deletesThere: boolean): void;
  /** Hands the ratings to the server, which keeps them from now on. */
  giveBack(): void;
  /** Saves this page with model, ratings and watchlist as one file. */
  takeAway(): void;
}
