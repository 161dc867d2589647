/** Where the person's ratings are kept. */
export interface Privacy {
  /** `there`: by the server. `here`: in this browser alone. `taken`: in a page that was taken along, which asks nobody. */
  readonly kept: 'there' | 'here' | 'taken';
  /** What is under way. */
  readonly busy: 'moving' | 'taking' | null;
  readonly trouble: { readonly message: string; readonly fix?: string } | null;
}

export const KEPT_THERE: Privacy = { kept: 'there', busy: null, trouble: null };
