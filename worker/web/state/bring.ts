import type { Imported, UndoneImport } from './api.ts';

/** What a file that a person brings has come to. Nothing of it is stored before the person says so. */
export type Step = 'none' | 'reading' | 'review' | 'storing' | 'stored' | 'undoing' | 'undone';

/** A file that a person brings. */
export interface Bring {
  readonly step: Step;
  /** Whether a file is held over the page. */
  readonly over: boolean;
  /** Names of the files. */
  readonly name: string;
  /** What would be stored, then what was. */
  readonly imported: Imported | null;
  readonly undone: UndoneImport | null;
  /** What failed, and what to do about it. */
  readonly trouble: { readonly message: string; readonly fix?: string } | null;
}

export const NO_BRING: Bring = { step: 'none', over: false, name: '', imported: null, undone: null, trouble: null };
