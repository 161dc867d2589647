import { PIECE_BYTES } from '../../../../shared/artifact/upload.ts';
import { ApiError, passes } from '../../state/api-error.ts';
import type { Operator, Upload } from './client.ts';

/** Attempts for a piece, and seconds between two where the Worker names none. */
const ATTEMPTS = 5;
const PAUSE = 2;

/** How far a file has come. */
export interface Progress {
  readonly name: string;
  /** Bytes, of the file. */
  readonly sent: number;
  readonly bytes: number;
}

type Tell = (progress: Progress) => void;

/** Uploads what is not there yet of these files. One that was not chosen is passed over: the Worker says that it lacks. */
export async function uploadFiles(operator: Operator, upload: Upload, files: readonly File[], tell: Tell) {
  for (const { name, uploaded, pieces } of upload.files) {
    const file = files.find((one) => one.name === name);
    if (!file || uploaded) continue;
    tell({ name, sent: 0, bytes: file.size });
    if (file.size <= PIECE_BYTES) await persist(() => operator.uploadFile(upload.version, file));
    else await uploadPieces(operator, upload.version, { file, there: new Set(pieces) }, tell);
  }
}

interface InPieces {
  readonly file: File;
  /** Numbers of the pieces that came before, from 1 on. */
  readonly there: ReadonlySet<number>;
}

async function uploadPieces(operator: Operator, version: string, { file, there }: InPieces, tell: Tell) {
  const { name, size: bytes } = file;
  for (let number = 1; (number - 1) * PIECE_BYTES < bytes; number++) {
    const [from, to] = [(number - 1) * PIECE_BYTES, Math.min(bytes, number * PIECE_BYTES)];
    if (!there.has(number))
      await persist(() => operator.uploadPiece(version, file, { number, bytes: file.slice(from, to) }));
    tell({ name, sent: to, bytes });
  }
  await operator.joinUpload(version, file);
}

/** Asks again where that may help: the line broke off, or the Worker asks to wait. */
async function persist(send: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await send();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !passes(error)) throw error;
      const seconds = (error instanceof ApiError && error.retryAfter) || PAUSE;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    }
  }
}
