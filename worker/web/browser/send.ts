import type { Send } from '../state/api.ts';
import { compareClocks } from './offline/clock.ts';
import { loadPrivate } from './private-script.ts';

/** Milliseconds after which a person is told rather than kept waiting; a file takes longer. */
const LONGEST = 10_000;
const LONGEST_FILE = 120_000;
const FILES = /^\/(import|compact\/)/;

/** Set while ratings stay in this browser; its tabs share it. */
export const PRIVATE_KEY = 'marquee.private';

let opened: Promise<Send> | undefined;

/** Sends a request to the server or, while ratings stay in this browser, to the same routes in here. */
export const send: Send = (path, init) => (staysHere() ? sendHere(path, init) : sendThere(path, init));

export const sendThere: Send = async (path, init) => {
  const signal = AbortSignal.timeout(FILES.test(path) ? LONGEST_FILE : LONGEST);
  const response = await fetch(path, { ...init, signal });
  compareClocks(response);
  return response;
};

export async function sendHere(path: string, init?: RequestInit): Promise<Response> {
  let answer: Send;
  try {
    answer = await openHere();
  } catch (error) {
    return refusal(error);
  }
  return answer(path, init);
}

export function staysHere(): boolean {
  try {
    return localStorage.getItem(PRIVATE_KEY) !== null;
  } catch {
    return false;
  }
}

/** Throws where this browser stores nothing. */
export function setStaysHere(stays: boolean): void {
  if (stays) localStorage.setItem(PRIVATE_KEY, 'on');
  else localStorage.removeItem(PRIVATE_KEY);
}

/** Loads the model, once; after a failure again. */
function openHere(): Promise<Send> {
  opened ??= loadPrivate()
    .then(({ openInBrowser }) => openInBrowser(sendThere))
    .catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
  return opened;
}

/** Why the model is not here, in the form of the Worker's answers. */
function refusal(error: unknown): Response {
  const { message, fix, code } = error as { message: string; fix?: string; code?: string };
  const known = (error as Error).name === 'ApiError' || code !== undefined;
  if (!known) console.error(error);
  const plain = {
    detail: 'the model cannot be loaded into this browser',
    fix: 'Check the connection, then try again.',
  };
  return Response.json(known ? { detail: message, fix, code } : plain, { status: 503 });
}
