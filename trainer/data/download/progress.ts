/** How far a download or an unpacking has come. */
export interface Progress {
  readonly phase: 'download' | 'unpack';
  /** The file's name, for people. */
  readonly file: string;
  readonly doneBytes: number;
  /** Null while the size is not known. */
  readonly totalBytes: number | null;
}

export type OnProgress = (progress: Progress) => void;
