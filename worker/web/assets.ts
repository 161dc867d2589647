/** Addresses of the page's files, with their hashes: what the build wrote (scripts/lib/page.ts). */
export interface Assets {
  readonly script: string;
  readonly style: string;
  /** Of all views but the list and a film. */
  readonly viewsStyle: string;
  /** Of the operator's page alone. */
  readonly adminStyle: string;
  /** What the script imports, to be asked for together with it. */
  readonly parts: readonly string[];
  /** What mends the API's reference. */
  readonly docs: string;
  /** Whether the networks' runtime is among them. */
  readonly runsNetworks: boolean;
}
