import type { Send } from '../state/api.ts';
import { compileKernel } from './kernel.ts';
import { startPrivate } from './start.ts';

/** Private mode over the Worker's files and this browser's storage. */
export async function openInBrowser(fetched: Send): Promise<Send> {
  return startPrivate({ fetched, kernel: await compileKernel(), texts: localStorage });
}
