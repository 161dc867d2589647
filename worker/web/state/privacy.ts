/** Where the person's ratings are kept. */
export interface Privacy {
  /** `there`: by the server. `here`: in this browser alone. `taken`: in a page that was taken along, which asks nobody. */
  readonly kept: 'there' | 'here' | 'taken';
  /** Whether `here` has the exact vectors. */
  readonly exact: boolean;
  /** What is under way. */
  readonly busy: 'moving' | 'taking' | 'loading' | null;
  readonly trouble: { readonly message: string; readonly fix?: string } | null;
}

/** How ratings stay in this browser: `on`, or with the exact vectors. */
export type Stay = 'on' | 'exact';

export const KEPT_THERE: Privacy = { kept: 'there', exact: false, busy: null, trouble: null };
