/** Progress of a download or an unpacking. */
export interface Progress {
  readonly phase: 'download' | 'unpack';
  /** The file's name, for people. */
  readonly file: string;
  readonly doneBytes: number;
  /** Null while the size is unknown. */
  readonly totalBytes: number | null;
}

export type OnProgress = (progress: Progress) => void;
