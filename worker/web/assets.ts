/** Addresses of the page's files, with their hashes: what the build wrote (scripts/lib/page.ts). */
export interface Assets {
  readonly script: string;
  readonly style: string;
  /** What mends the API's reference. */
  readonly docs: string;
  /** Whether the networks' runtime is among them. */
  readonly runsNetworks: boolean;
}
