import '../private/no-eval.ts'; // before any schema is made

import { compileKernel } from '../private/kernel.ts';
import { MARKS_KEY, RATINGS_KEY } from '../private/own-ratings.ts';
import { startPrivate } from '../private/start.ts';
import type { Texts } from '../private/texts.ts';
import type { Send } from '../state/api.ts';
import { TAKEN_ID, type Taken } from './taken.ts';

/** What `browser/send.ts` is to the page at home: here nobody else is asked. */

export const PRIVATE_KEY = 'marquee.private';

let opened: Promise<Send> | undefined;

export const send: Send = async (path, init) => {
  opened ??= open();
  return (await opened)(path, init);
};

export const sendHere: Send = (path, init) => send(path, init);

export const sendThere: Send = async () => Response.json({ detail: 'this page asks nobody' }, { status: 503 });

export function staysHere(): boolean {
  return true;
}

export function setStaysHere(): void {}

async function open(): Promise<Send> {
  const taken: Taken = JSON.parse(document.getElementById(TAKEN_ID)!.textContent!);
  const { files, id, ratings, marks, ...about } = taken;
  const fetched: Send = async (path) => {
    if (path === '/compact') return Response.json(about);
    if (path === '/versions') return Response.json({ items: [] }); // it knows of no other
    const file = files[path.split('/').at(-1)!];
    return file === undefined ? new Response(null, { status: 404 }) : new Response(bytesOf(file));
  };
  return startPrivate({
    fetched,
    kernel: await compileKernel(),
    texts: textsOf(
      id,
      new Map([
        [RATINGS_KEY, ratings],
        [MARKS_KEY, marks],
      ]),
    ),
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The texts that came along, until they change here; then what this browser keeps, under the page's own name. */
function textsOf(id: string, came: ReadonlyMap<string, string>): Texts {
  const unkept = new Map<string, string>();
  const nameOf = (key: string) => `${key}.${id}`;
  const read = (key: string) => {
    try {
      return localStorage.getItem(nameOf(key));
    } catch {
      return null;
    }
  };
  const setItem = (key: string, text: string) => {
    unkept.set(key, text);
    try {
      localStorage.setItem(nameOf(key), text);
    } catch {
      // Some browsers keep nothing for files: then until the page is closed.
    }
  };
  return {
    getItem: (key) => unkept.get(key) ?? read(key) ?? came.get(key) ?? null,
    setItem,
    removeItem: (key) => setItem(key, '[]'),
  };
}
