import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { secretOf } from '../../scripts/lib/server.ts';
import { type BookShop, bookShop, csvOf, jsonLinesOf, kindName, lovedKind } from '../fixtures/book-shop.ts';
import { marquee, newFolder, QUICK } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

const SHOP = bookShop({ books: 64, readers: 80, ratings: 24 });
const GROWN = bookShop({ books: 72, readers: 90, ratings: 24 });
/** Who loves crime, and the number of that kind. */
const READER = 8;
const CRIME = lovedKind(READER);

let folder: string;
let state: string;
let server: Server;
let token: Record<string, string>;

const flags = () => [
  ...['--data', join(folder, 'events.csv'), '--catalogue', join(folder, 'books.jsonl'), '--scale', '0-10'],
  ...QUICK,
];

async function writeShop({ books, events }: BookShop): Promise<void> {
  await writeFile(join(folder, 'books.jsonl'), jsonLinesOf(books));
  await writeFile(join(folder, 'events.csv'), csvOf(events));
}

/** Numbers by id, of the films or the people. */
async function numbers(file: string): Promise<Map<string, number>> {
  const lines = (await readFile(join(state, 'catalogue', file), 'utf8')).trim().split('\n');
  return new Map(lines.map((line) => JSON.parse(line)).map(({ id, movieId, userId }) => [id, movieId ?? userId]));
}

const ask = (path: string, headers: Record<string, string> = {}) => getJson(`${server.url}${path}`, { headers });

async function send(method: string, path: string, body: object, headers: Record<string, string>): Promise<Response> {
  const json = { 'Content-Type': 'application/json', ...headers };
  return fetch(`${server.url}${path}`, { method, headers: json, body: JSON.stringify(body) });
}

beforeAll(async () => {
  folder = await newFolder();
  state = join(folder, 'state');
  await writeShop(SHOP);
  server = await startServer(state, flags());
  token = { Authorization: `Bearer ${await secretOf('API_TOKEN')}` };
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a book shop is trained, served, searched, added to, rated and trained again under its own ids', async () => {
  const [books, people] = [await numbers('film-numbers.jsonl'), await numbers('person-numbers.jsonl')];

  const list = await ask(`/recommend?user=${people.get(`reader-${READER}`)}&k=5`, token);
  expect(list.basis).toBe('trained');
  for (const item of list.items) {
    expect(item.genres).toEqual([kindName(CRIME)]);
    expect(item.movieId).toBe(books.get(item.id));
    expect(item.url).toMatch(/^https:\/\/books\.example\//);
  }
  const gone = SHOP.books[3];
  expect((await ask('/recommend?k=100')).items.map(({ id }: { id: string }) => id)).not.toContain(gone.id);
  const [book] = SHOP.books;
  expect((await ask(`/movies?q=${encodeURIComponent(book.title)}`)).items[0]).toMatchObject({
    id: book.id,
    year: book.year,
  });
  expect(await ask(`/movies/by-id/${book.id}`)).toMatchObject({ movieId: books.get(book.id), language: 'de' });

  const added = await send(
    'PUT',
    '/movies/by-id/isbn-new',
    { title: 'A Fresh Crime', year: 1999, genres: [kindName(CRIME)] },
    token,
  );
  const { movieId } = (await added.json()) as { movieId: number };
  expect((await ask('/movies?q=fresh crime')).items[0]).toMatchObject({ movieId, id: 'isbn-new', ratingCount: 0 });
  const session = await fetch(`${server.url}/session`, { method: 'POST' });
  const visitor = { Cookie: session.headers.get('Set-Cookie')!.split(';')[0] };
  const crimes = SHOP.books.filter((_, m) => m % 8 === CRIME).slice(0, 4);
  const ratings = [...crimes.map(({ id }) => ({ id, rating: 5 })), { id: 'isbn-new', rating: 4.5 }];
  expect((await send('POST', '/ratings', { ratings }, visitor)).status).toBe(200);
  const loved = await ask('/recommend?k=4', visitor);
  for (const { genres } of loved.items) expect(genres).toEqual([kindName(CRIME)]);

  await writeShop({ books: GROWN.books.toReversed(), events: GROWN.events.toReversed() });
  const { status, stderr } = await marquee('retrain', [...flags(), '--force'], { MARQUEE_STATE: state });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const [later, others] = [await numbers('film-numbers.jsonl'), await numbers('person-numbers.jsonl')];
  for (const [id, number] of books) expect(later.get(id)).toBe(number);
  for (const [id, number] of people) expect(others.get(id)).toBe(number);
  expect(later.size).toBeGreaterThan(books.size);
  const fresh = async () => (await ask('/movies/by-id/isbn-new')).ratingCount;
  await vi.waitUntil(async () => (await fresh()) === 1, { timeout: 60_000, interval: 500 });
  expect(await ask('/movies/by-id/isbn-new')).toMatchObject({ movieId, title: 'A Fresh Crime', year: 1999 });
  expect(await ask(`/movies/by-id/${GROWN.books.at(-1)!.id}`)).toMatchObject({
    movieId: later.get(GROWN.books.at(-1)!.id),
  });
  expect((await ask('/ratings', visitor)).ratings).toHaveLength(5);
});

it('readers by their own ids are told to D1, once', async () => {
  const run = () => marquee('people', ['--from', join(state, 'catalogue'), '--json'], { MARQUEE_STATE: state });
  const { size } = await numbers('person-numbers.jsonl');
  expect(JSON.parse((await run()).stdout)).toEqual({ introduced: size, known: 0, left: 0 });
  expect(JSON.parse((await run()).stdout)).toEqual({ introduced: 0, known: size, left: 0 });
  const { status, stderr } = await marquee('people', ['--from', folder], { MARQUEE_STATE: state });
  expect([status, stderr]).toEqual([1, expect.stringContaining('has no person-numbers.jsonl')]);
});
