import { SingleBar } from 'cli-progress';

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

const BYTES_PER_MB = 1e6;

/** A progress bar on stderr (a line now and then when that is no terminal). Call `stop` in the end, come what may. */
export function terminalProgress(): { onProgress: OnProgress; stop: () => void } {
  let bar: SingleBar | null = null;
  let shown = '';
  const stop = () => {
    bar?.stop();
    bar = null;
  };
  const onProgress = ({ phase, file, doneBytes, totalBytes }: Progress) => {
    const label = `${phase} ${file}`;
    const total = Math.ceil((totalBytes ?? doneBytes) / BYTES_PER_MB);
    const done = Math.ceil(doneBytes / BYTES_PER_MB);
    if (bar === null || label !== shown) {
      stop();
      shown = label;
      bar = new SingleBar({
        format: '{label} [{bar}] {value}/{total} MB, {eta_formatted} left',
        stream: process.stderr,
        noTTYOutput: true,
        notTTYSchedule: 5000,
        hideCursor: true,
      });
      bar.start(total, done, { label });
    }
    bar.setTotal(total);
    bar.update(done);
  };
  return { onProgress, stop };
}
