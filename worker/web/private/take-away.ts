import { FILES } from '../../../shared/artifact/schema.ts';
import { viewOf } from '../state/address.ts';
import type { Marked, Rated, Send } from '../state/api.ts';
import { answerOf } from '../state/api-error.ts';
import { NO_BRING } from '../state/bring.ts';
import { NO_MAP } from '../state/map/map-state.ts';
import { NO_MINE } from '../state/mine.ts';
import type { State } from '../state/state.ts';
import { TAKEN_ID, type Taken } from '../taken/taken.ts';
import type { CompactAnswer } from './start.ts';

/** The script of a page that was taken along: the build's name for it. */
declare const TAKEN_SCRIPT: string;

/** The browser itself sees to it that such a page asks nobody. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:";

/** What a person rated and marked. */
export interface Held {
  readonly ratings: readonly Rated[];
  readonly marks: readonly Marked[];
}

/** One HTML file with this page, the model and what the person rated and marked in it. */
export async function takenPage(state: State, held: Held, send: Send): Promise<Blob> {
  const style = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]')!.href;
  const [taken, script, styles] = await Promise.all([
    collect(held, send),
    text(TAKEN_SCRIPT, send),
    text(new URL(style).pathname, send),
  ]);
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>Marquee</title>',
    `<style>${styles}</style>`,
  ];
  const body = [
    '<div id="page"></div>',
    json('state', stateOf(state)),
    json(TAKEN_ID, taken),
    `<script type="module">${script}</script>`,
  ];
  const page = `<!doctype html><html lang="en"><head>${head.join('')}</head><body>${body.join('')}</body></html>`;
  return new Blob([page], { type: 'text/html' });
}

async function collect({ ratings, marks }: Held, send: Send): Promise<Taken> {
  const about = await answerOf<CompactAnswer>(send('/compact'));
  const { version, files } = about.manifest;
  const has = (name: string) => files.some((file) => file.name === name);
  const names = [FILES.compact, FILES.posterior, FILES.profiles].filter(has);
  const contents = names.map(async (name) => [name, await base64Of(`/compact/${version}/${name}`, send)] as const);
  const rows = ratings.map(({ movieId, rating, timestamp }) => [movieId, 2 * rating, timestamp ?? 0]);
  return {
    ...about,
    id: crypto.randomUUID(),
    files: Object.fromEntries(await Promise.all(contents)),
    ratings: JSON.stringify(rows),
    marks: JSON.stringify(marks.map(({ movieId, mark, timestamp }) => [movieId, mark, timestamp])),
  };
}

/** The page as it opens: the list, without what takes a server. */
function stateOf(state: State): State {
  const { by, ...list } = state.address.list;
  return {
    ...state,
    address: viewOf({ ...state.address, list: by === 'next' ? list : state.address.list }, 'list'),
    model: state.model && { ...state.model, network: 0, hasNext: false },
    film: null,
    map: NO_MAP,
    about: null,
    together: null,
    preview: null,
    found: null,
    trouble: null,
    bring: NO_BRING,
    mine: NO_MINE,
    unstored: {},
    said: '',
    waiting: true,
    neural: false,
    privacy: { kept: 'taken', busy: null, trouble: null },
  };
}

async function text(path: string, send: Send): Promise<string> {
  return (await good(path, send)).text();
}

async function base64Of(path: string, send: Send): Promise<string> {
  const blob = await (await good(path, send)).blob();
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}

async function good(path: string, send: Send): Promise<Response> {
  const response = await send(path);
  if (response.ok) return response;
  await answerOf(Promise.resolve(response)); // throws the server's words
  return response;
}

function json(id: string, value: unknown): string {
  return `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`;
}
