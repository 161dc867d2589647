import type { Send } from '../state/api.ts';
import { KeptFiles } from './kept-files.ts';
import { compileKernel } from './kernel.ts';
import { startPrivate } from './start.ts';

/** A version that answers here. */
interface Opened {
  readonly files: KeptFiles;
  readonly send: Send;
}

/**
 * Private mode over the Worker's files, as far as this browser does not have them, and this browser's storage. Where a
 * request needs a file that went with its version, the version that is in service now answers from then on.
 */
export async function openInBrowser(fetched: Send): Promise<Send> {
  let current = await open(fetched);

  async function renew(superseded: Opened): Promise<void> {
    const renewed = await open(fetched);
    if (current === superseded) current = renewed;
  }

  return async (path, init) => {
    const asked = current;
    const { missing } = asked.files;
    let answer = await asked.send(path, init);
    if (asked.files.missing > missing) {
      if (current === asked) await renew(asked).catch(() => undefined); // then what is here goes on
      if (current !== asked) answer = await current.send(path, init);
    }
    return answer;
  };
}

async function open(fetched: Send): Promise<Opened> {
  const files = await KeptFiles.open(fetched);
  const send = await startPrivate({ fetched: files.send, kernel: await compileKernel(), texts: localStorage });
  await files.settle();
  return { files, send };
}
