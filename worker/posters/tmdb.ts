const API = 'https://api.themoviedb.org/3/movie';
const IMAGES = 'https://image.tmdb.org/t/p';
/** Milliseconds that a poster may take, both calls together. */
const TIMEOUT = 5000;
/** Posters that are asked for in a window: TMDB allows some 40 calls a second of one address, and a poster takes two. */
const MOST_IN_WINDOW = 100;
const WINDOW = 10_000; // milliseconds
const LARGEST_ANSWER = 2 ** 18;
const LARGEST_IMAGE = 2 ** 19;
/** What browsers draw and nothing runs in. */
const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/webp']);
/** Milliseconds without calls after one that failed. */
const PAUSE = 30_000;

export interface Poster {
  readonly type: string;
  readonly bytes: ArrayBuffer;
  /** The image's name at TMDB, another one for another image. */
  readonly name: string;
}

export interface PosterRequest {
  readonly tmdbId: number;
  /** Pixels, one of those that TMDB makes. */
  readonly width: number;
  readonly token: string;
}

/**
 * Asks TMDB for posters, for an isolate. Calls are bounded in number and time, answers in size and type. After a failure
 * nothing is asked for a while.
 */
export class Tmdb {
  readonly #now: () => number;
  readonly #timeout: number;
  #window = { since: Number.NEGATIVE_INFINITY, asked: 0 };
  #pausedUntil = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number, timeout = TIMEOUT) {
    this.#now = now;
    this.#timeout = timeout;
  }

  /** A film's poster; null where TMDB has none, undefined where it cannot be had now. */
  async poster(request: PosterRequest): Promise<Poster | null | undefined> {
    if (this.#now() < this.#pausedUntil || !this.#mayAsk()) return undefined;
    try {
      return await ask(request, AbortSignal.timeout(this.#timeout));
    } catch (error) {
      console.warn(`TMDB gave no poster of ${request.tmdbId}:`, error);
      this.#pausedUntil = this.#now() + PAUSE;
      return undefined;
    }
  }

  #mayAsk(): boolean {
    if (this.#now() - this.#window.since >= WINDOW) this.#window = { since: this.#now(), asked: 0 };
    return ++this.#window.asked <= MOST_IN_WINDOW;
  }
}

async function ask({ tmdbId, width, token }: PosterRequest, signal: AbortSignal): Promise<Poster | null> {
  const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
  const about = await fetch(`${API}/${tmdbId}`, { headers, signal, redirect: 'manual' });
  if (about.status === 404) return drop(about);
  const { poster_path: path } = JSON.parse(new TextDecoder().decode(await bytesOf(about, LARGEST_ANSWER)));
  if (path === null) return null;
  if (!/^\/[\w-]{1,80}\.(jpg|png|webp)$/.test(path)) throw new Error('got a path that is no image’s');
  const image = await fetch(`${IMAGES}/w${width}${path}`, { signal, redirect: 'manual' });
  if (image.status === 404) return drop(image);
  const type = image.headers.get('Content-Type')?.split(';')[0].trim().toLowerCase() ?? '';
  const bytes = await bytesOf(image, LARGEST_IMAGE);
  if (!IMAGE_TYPES.has(type)) throw new Error(`got an image of type ${type.slice(0, 40)}`);
  return { type, bytes, name: path.slice(1) };
}

async function drop({ body }: Response): Promise<null> {
  await body?.cancel();
  return null;
}

/** The body of a good answer. Throws for another status, and for more bytes than expected, as soon as they come. */
async function bytesOf(response: Response, most: number): Promise<ArrayBuffer> {
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`got status ${response.status}, expected 200`);
  }
  let room = most;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      room -= piece.length;
      if (room < 0) throw new Error(`got more than ${most} bytes`);
      controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(bounded)).arrayBuffer();
}
