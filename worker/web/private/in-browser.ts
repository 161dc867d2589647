import type { Send } from '../state/api.ts';
import { KeptFiles } from './kept-files.ts';
import { compileKernel } from './kernel.ts';
import { startPrivate } from './start.ts';

/** Private mode over the Worker's files, as far as this browser does not have them, and this browser's storage. */
export async function openInBrowser(fetched: Send): Promise<Send> {
  const files = await KeptFiles.open(fetched);
  const send = await startPrivate({ fetched: files.send, kernel: await compileKernel(), texts: localStorage });
  await files.settle();
  return send;
}
