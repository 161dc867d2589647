import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { OnProgress } from './progress.ts';

/** The part of `globalThis.fetch` that is used; tests pass another. */
export type Fetch = (url: string, init?: { headers: Record<string, string> }) => Promise<Response>;

/** Which bytes the server sends, by its answer. */
interface DownloadPlan {
  /** Where in the file the answer's bytes begin. */
  readonly start: number;
  /** The size of the whole file; null when the server does not say. */
  readonly total: number | null;
}

/**
 * Downloads a file into `partPath`, resuming an earlier download. After a cut connection it connects again, as long as each
 * connection brings some bytes. Bytes that arrived stay in the part file.
 *
 * @throws the last connection's error, or one that names the HTTP status.
 */
export async function download(url: string, partPath: string, fetch: Fetch, onProgress: OnProgress): Promise<void> {
  const file = await open(partPath, 'a+');
  try {
    for (;;) {
      const before = (await file.stat()).size;
      try {
        await transfer(url, file, fetch, (doneBytes, totalBytes) =>
          onProgress({ phase: 'download', file: basename(new URL(url).pathname), doneBytes, totalBytes }),
        );
        return;
      } catch (error) {
        if ((await stat(partPath)).size <= before) {
          throw error;
        }
      }
    }
  } finally {
    await file.close();
  }
}

async function transfer(
  url: string,
  file: FileHandle,
  fetch: Fetch,
  onBytes: (done: number, total: number | null) => void,
): Promise<void> {
  const have = (await file.stat()).size;
  // Without "identity" a server may compress on the way, and byte ranges would count compressed bytes.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (have > 0) {
    headers.range = `bytes=${have}-`;
  }
  const response = await fetch(url, { headers });
  const plan = planOf(response, have);
  if (plan === null) {
    await response.body?.cancel();
    await file.truncate(0);
    return transfer(url, file, fetch, onBytes);
  }
  if (plan.start < have) {
    await file.truncate(plan.start);
  }
  let done = plan.start;
  onBytes(done, plan.total);
  for await (const chunk of response.status === 416 ? [] : (response.body ?? [])) {
    await file.appendFile(chunk);
    done += chunk.length;
    onBytes(done, plan.total);
  }
  if (plan.total !== null && done !== plan.total) {
    throw new Error(`got ${done} of ${plan.total} bytes`);
  }
}

/**
 * 206 resumes at `have`, 200 starts again, 416 means that the file is complete. Null: the part file is not the beginning of
 * the server's file and must be deleted.
 */
function planOf(response: Response, have: number): DownloadPlan | null {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const rangeTotal = range === null || range[2] === '*' ? null : Number(range[2]);
  if (response.status === 206 && range !== null && Number(range[1]) === have) {
    return { start: have, total: rangeTotal };
  }
  if (response.status === 416 && have > 0) {
    return rangeTotal === have ? { start: have, total: have } : null;
  }
  if (response.status === 200) {
    const length = response.headers.get('content-length');
    return { start: 0, total: length === null ? null : Number(length) };
  }
  if (response.status === 206 && have > 0) {
    return null;
  }
  throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
}
