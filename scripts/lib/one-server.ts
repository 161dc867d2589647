import { rmSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';

/** Who serves a state folder. */
interface Claim {
  readonly pid: number;
  readonly url: string;
  /** Absolute: a copy of the folder is nobody's. */
  readonly folder: string;
}

const FILE = 'server.json';

/** Refuses a second server on one folder: requests would meet a database that the other one holds. */
export async function refuseSecondServer(state: string): Promise<void> {
  const claim = await readClaim(state);
  if (!claim || claim.folder !== resolve(state) || !runs(claim.pid)) return;
  throw new MarqueeError('bad-data', `Marquee serves this folder already: ${claim.url} (process ${claim.pid})`, {
    fix: `Another folder: MARQUEE_STATE=FOLDER npm start. If that process is none of Marquee's, delete ${join(state, FILE)}.`,
  });
}

/** Notes that this process serves the folder, until it ends. */
export async function claimState(state: string, url: string): Promise<void> {
  await refuseSecondServer(state);
  const file = join(state, FILE);
  await mkdir(state, { recursive: true });
  await rm(file, { force: true });
  const claim: Claim = { pid: process.pid, url, folder: resolve(state) };
  await writeFile(file, JSON.stringify(claim), { flag: 'wx' }); // of two at the same moment one fails
  process.once('exit', () => rmSync(file, { force: true }));
}

async function readClaim(state: string): Promise<Claim | null> {
  try {
    return JSON.parse(await readFile(join(state, FILE), 'utf8'));
  } catch {
    return null; // none, or half of one
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
