import { type Files, frameOf, POLICY } from '../../frame.ts';
import { isView, readAddress } from '../../state/address.ts';
import { Api } from '../../state/api.ts';
import type { News } from '../news.ts';
import { send } from '../send.ts';
import { KINDS } from './kinds.ts';
import { Outbox } from './outbox.ts';
import { SeenViews } from './seen.ts';

/** What the build writes here: the page's files, and a name for these contents. */
declare const FILES: readonly string[];
declare const VERSION: string;
declare const ASSETS: Files;

/** Milliseconds that the Worker may take for a view that this browser has kept. */
const PATIENCE = 4000;
const NAME = 'marquee-files-';
/** Where all films stand is nobody's own, and large. */
const MAP = '/map/films';

interface Extendable extends Event {
  waitUntil(until: Promise<unknown>): void;
}

interface Fetching extends Extendable {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith(answer: Promise<Response>): void;
}

/** As much of the global scope as is used: the DOM's types do not have it. */
interface Scope {
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly navigationPreload?: { enable(): Promise<void> } };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate' | 'sync', listen: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', listen: (event: Fetching) => void): void;
}

const scope = self as unknown as Scope;
const seen = new SeenViews();

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('sync', (event) => event.waitUntil(deliver()));
scope.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin) return;
  if (event.request.mode === 'navigate') {
    if (isView(pathname)) event.respondWith(view(event));
  } else if (pathname === MAP) event.respondWith(films(event.request));
  else if (pathname.startsWith('/assets/') || FILES.includes(pathname)) event.respondWith(file(event.request));
});

async function install(): Promise<void> {
  const cache = await caches.open(`${NAME}${Date.now()}-${VERSION}`);
  await cache.addAll(FILES);
  await scope.skipWaiting(); // files are named by their contents: an open page gets its own ones on
}

/** Pages that are open may still ask for files of the version before; older ones go. */
async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(NAME) && !name.endsWith(VERSION));
  const oldest = others.sort().slice(0, -1);
  await Promise.all(oldest.map((name) => caches.delete(name)));
  await scope.registration.navigationPreload?.enable();
  await scope.clients.claim();
}

/** A file with a hash in its name never changes; the others are few and small. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** The films of the map as the Worker has them; without it, as they were. */
async function films(request: Request): Promise<Response> {
  const cache = await caches.open('marquee-map');
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(MAP, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(MAP);
    if (!kept) throw error;
    return kept;
  }
}

/** The Worker's document, or a frame in which the page shows what it kept. */
async function view({ request, preloadResponse }: Fetching): Promise<Response> {
  const preloaded = preloadResponse.catch(() => undefined); // a browser may give it up, as when this worker starts late
  const asked = preloaded.then((answer) => answer ?? fetch(request));
  const answer = await inTime(asked, request).catch(() => undefined);
  const isPage = answer?.headers.get('Content-Type')?.startsWith('text/html') || answer?.type === 'opaqueredirect';
  if (answer && isPage && (answer.status < 500 || !(await isKept(request)))) return answer;
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY };
  return new Response(frameOf({ title: 'Marquee', page: '', state: null }, ASSETS), { headers });
}

/** The answer, undefined when it takes too long and the view is kept. */
async function inTime(asked: Promise<Response>, request: Request): Promise<Response | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE, undefined));
  const first = await Promise.race([asked, late]);
  return first ?? ((await isKept(request)) ? undefined : asked);
}

async function isKept({ url }: Request): Promise<boolean> {
  return (await seen.at(readAddress(new URL(url)))) !== undefined;
}

/** Stores what waits while no page may be open. What is refused stays for a page, which can say so. */
async function deliver(): Promise<void> {
  const channel = new BroadcastChannel('marquee');
  const tell = (news: News) => channel.postMessage(news);
  await new Outbox().deliver(new Api(send), false, {
    stored: (entries) => {
      for (const entry of entries) tell(KINDS[entry.kind].tell(entry as never, true));
    },
  });
  tell('waiting');
}
