/** The token that the fake knows. */
export const TMDB_TOKEN = 'a-tmdb-token';

/** What the fake does, by the film's number. */
export const FILMS = {
  good: 603,
  without: 604,
  failing: 605,
  silent: 606,
  page: 607,
  huge: 608,
  elsewhere: 609,
  moved: 610,
  unknown: 611,
} as const;

const PATHS: Readonly<Record<number, string | null>> = {
  [FILMS.good]: '/matrix.jpg',
  [FILMS.without]: null,
  [FILMS.page]: '/page.jpg',
  [FILMS.huge]: '/huge.jpg',
  [FILMS.elsewhere]: '//elsewhere.example/x.jpg',
};

let calls = 0;

/**
 * Stands for TMDB's API and its images, and for the whole network: whatever else is asked gets 418. It runs in Node, beside
 * workerd. Each image ends with the number of calls so far, so that one from a cache is known.
 */
export async function fakeTmdb(request: { url: string; headers: { get(name: string): string | null } }) {
  calls++;
  const { host, pathname } = new URL(request.url);
  if (host === 'image.tmdb.org') return image(pathname);
  const film = Number(/^\/3\/movie\/(\d+)$/.exec(pathname)?.[1]);
  if (host !== 'api.themoviedb.org' || Number.isNaN(film)) return new Response('nobody asks here', { status: 418 });
  if (request.headers.get('Authorization') !== `Bearer ${TMDB_TOKEN}`) return new Response('{}', { status: 401 });
  if (film === FILMS.silent) return new Promise<Response>(() => {});
  if (film === FILMS.failing) return new Response('{}', { status: 500 });
  if (film === FILMS.moved) return Response.redirect('https://elsewhere.example/', 302);
  if (!(film in PATHS)) return Response.json({ status_code: 34 }, { status: 404 });
  return Response.json({ id: film, poster_path: PATHS[film] });
}

function image(pathname: string): Response {
  const [, , , width, name] = pathname.split('/');
  const headers = { 'Content-Type': name === 'page.jpg' ? 'text/html' : 'image/jpeg' };
  if (name === 'huge.jpg') return new Response(new Uint8Array(2 ** 20), { headers });
  return new Response(`${width} ${name} ${calls}`, { headers });
}
