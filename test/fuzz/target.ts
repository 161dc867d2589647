import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FuzzAnswer } from './answers.ts';
import type { ApiDocument, Caller, FuzzRequest } from './requests.ts';
import type { Known } from './schema-values.ts';

/** Milliseconds after which a request counts as hanging. */
const PATIENCE = 60_000;
const FIXTURE = join(import.meta.dirname, '../fixtures/artifact');
/** Sessions that take turns: a request may delete one. */
const SESSIONS = 8;

export interface Secrets {
  /** Signs tokens of a host application's users. */
  readonly JWT_SECRET?: string;
  readonly API_TOKEN?: string;
  readonly ADMIN_TOKEN?: string;
}

/** The server under test, and who asks it. */
export class Target {
  readonly document: ApiDocument;
  readonly known: Known;
  readonly #url: URL;
  readonly #secrets: Secrets;
  readonly #sessions: string[];
  readonly #agent = new Agent({ keepAlive: true });
  #turn = 0;

  private constructor(url: URL, secrets: Secrets, about: { document: ApiDocument; known: Known; sessions: string[] }) {
    this.#url = url;
    this.#secrets = secrets;
    this.#sessions = about.sessions;
    this.document = about.document;
    this.known = about.known;
  }

  static async open(url: string, secrets: Secrets): Promise<Target> {
    const json = async (path: string) => (await fetch(url + path)).json();
    const text = JSON.stringify(await json('/openapi.json')).replaceAll('#/components/schemas/', '#/$defs/');
    const { items } = (await json('/top?k=40')) as {
      items: { movieId: number; title: string; year: number; genres: string[] }[];
    };
    const profiles = (await json('/profiles')) as { items: { profile: string }[] };
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => newSession(url)));
    const headers = { Cookie: sessions[0], 'Content-Type': 'application/json' };
    const opened = await fetch(`${url}/gatherings`, { method: 'POST', headers, body: '{}' });
    const { code } = (await opened.json()) as { code: string };
    const file = `userId,movieId,rating,timestamp\n1,${items[0].movieId},4,1000000000\n`;
    const imported = await fetch(`${url}/import`, { method: 'POST', headers: { Cookie: sessions[1] }, body: file });
    const { version } = (await json('/model')) as { version: string };
    const movieIds = items.map(({ movieId }) => movieId);
    const genres = [...new Set(items.flatMap((item) => item.genres))];
    const names = profiles.items.map(({ profile }) => profile);
    const known: Known = {
      movieId: movieIds,
      movie: movieIds,
      skip: movieIds,
      candidates: movieIds,
      seen: movieIds,
      notSeen: movieIds,
      genre: genres,
      notGenre: genres,
      code: [code],
      import: [((await imported.json()) as { import: number }).import],
      version: [version],
      file: ['compact.arrow.gz', 'posterior.arrow', 'profiles.arrow', 'next.arrow'],
      user: [3, 8, 13, 18, 23],
      id: ['own-1', 'own-2'],
      'putAdminUploadsByVersionByFile/version': [UPLOADED],
      'putAdminUploadsByVersionByFile/file': ['manifest.json', 'manifest.json', 'movies.arrow'],
      'putAdminUploadsByVersionByFilePiecesByPiece/version': [UPLOADED],
      'putAdminUploadsByVersionByFilePiecesByPiece/file': ['movies.arrow'],
      'putAdminUploadsByVersionByFilePiecesByPiece/piece': [1],
      'postAdminUploadsByVersionByFile/version': [UPLOADED],
      'postAdminUploadsByVersionByFile/file': ['movies.arrow'],
      'postAdminUploadsByVersion/version': [UPLOADED],
      'deleteAdminUploadsByVersion/version': [UPLOADED],
      'text/csv': [file],
      'application/octet-stream': [await uploadedManifest()],
      ...(names.length > 0 && { profile: names }),
    };
    return new Target(new URL(url), secrets, { document: JSON.parse(text), known, sessions });
  }

  /** Throws where no answer comes, or none in time. */
  async send({ method, path, caller, headers: own, body }: FuzzRequest): Promise<FuzzAnswer> {
    const turn = this.#turn++ % SESSIONS;
    const headers = { ...this.#from(caller, turn), ...own };
    const answer = await this.#ask({ method, path, headers, body });
    if (caller === 'session' && answer.status === 410) this.#sessions[turn] = await newSession(this.#url.origin);
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }

  #from(caller: Caller, turn: number): Record<string, string> {
    if (caller === 'session') return { Cookie: this.#sessions[turn] };
    const { API_TOKEN, ADMIN_TOKEN, JWT_SECRET } = this.#secrets;
    const host = JWT_SECRET && signedToken(JWT_SECRET, `user-${turn}`);
    const token = { token: API_TOKEN, admin: ADMIN_TOKEN, host, nobody: undefined }[caller];
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  #ask({
    method,
    path,
    headers,
    body,
  }: Pick<FuzzRequest, 'method' | 'path' | 'headers' | 'body'>): Promise<FuzzAnswer> {
    const { hostname, port } = this.#url;
    const length = body ? { 'Content-Length': body.length } : {};
    return new Promise((resolve, reject) => {
      const to = { hostname, port, method, path, headers: { ...headers, ...length }, agent: this.#agent };
      const asked = httpRequest(to, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          clearTimeout(timer);
          const { statusCode = 0, headers } = response;
          const body = Buffer.concat(parts);
          const isPacked = headers['content-encoding'] === 'gzip' && body.length > 0;
          resolve({ status: statusCode, headers, body: new Uint8Array(isPacked ? gunzipSync(body) : body) });
        });
        response.on('error', reject);
      });
      const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)), PATIENCE);
      asked.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      asked.end(body ?? undefined);
    });
  }
}

/** A version that may be uploaded, file by file: the fixture under another name. */
const UPLOADED = '20990101T000000Z-000001';

async function uploadedManifest(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(FIXTURE, 'manifest.json'), 'utf8'));
  return JSON.stringify({ ...manifest, version: UPLOADED });
}

/** A host application's token (HS256) for one of its users. */
function signedToken(secret: string, sub: string): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const said = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub, exp: 4e9 })}`;
  return `${said}.${createHmac('sha256', secret).update(said).digest('base64url')}`;
}

async function newSession(url: string): Promise<string> {
  const answer = await fetch(`${url}/session`, { method: 'POST' });
  return answer.headers.get('Set-Cookie')?.split(';')[0] ?? '';
}
