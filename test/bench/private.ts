/**
 * Private mode's lists beside the server's, for every person of a model: with the compact file alone, and with the
 * residual besides; and what both files weigh. The figures do not depend on the machine.
 *
 *   npm run bench -- private [--model models/<version>] [--json] [--markdown]
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, run } from '../../scripts/lib/cli.ts';
import { fileEntry } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { type Artifact, readArtifact, usersOf } from '../../trainer/artifact/artifact.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';

const ROOT = join(import.meta.dirname, '../..');
const HEADERS = { 'Content-Type': 'application/json' };
/** Loaded by its address, because it has the types of Workers and browsers, not those of Node. */
const START = new URL('../../worker/web/private/start.ts', import.meta.url).href;
/** The most ratings of one request. */
const MOST = 1000;
const QUERIES = ['by=relevance', 'by=rating', 'by=next', 'genre=Comedy&yearFrom=1980&popularity=-0.5'];

interface Flags extends ReportFlags {
  readonly model?: string;
}

interface Item {
  readonly movieId: number;
  readonly score: number;
  readonly predictedRating: number;
}

type Send = (path: string, init?: RequestInit) => Promise<Response>;
type Rated = readonly { readonly movieId: number; readonly rating: number; readonly timestamp: number }[];

const program = addReportFlags(command('bench', "compares private mode's lists with the server's"))
  .name('npm run bench -- private')
  .option('--model <folder>', 'an artifact folder; without it ml-latest-small-2016 is trained');

await run<Flags>(program, async ({ model, ...output }) => {
  const artifact = await (model === undefined ? trained() : readArtifact(model));
  const people: Rated[] = [];
  for await (const { movieIds, stars, times } of usersOf(artifact))
    people.push(Array.from(movieIds, (movieId, j) => ({ movieId, rating: stars[j], timestamp: times?.[j] ?? 0 })));
  const server = await listsOf(await opened(artifact, FILES.serving), people);
  const compact = await listsOf(await opened(artifact), people);
  const residual = await listsOf(await opened(artifact, FILES.residual), people);
  const rows = QUERIES.map((query, q) => ({
    lists: query,
    people: people.length,
    'same, compact file': compact[q].filter((list, p) => sameFilms(list, server[q][p])).length,
    'score off by': widest(compact[q], server[q], ({ score }) => score),
    'stars off by': widest(compact[q], server[q], ({ predictedRating }) => predictedRating),
    'same to the last digit, with residual': residual[q].filter((list, p) => isSame(list, server[q][p])).length,
  }));
  const [first, more] = [FILES.compact, FILES.residual].map((name) => fileEntry(artifact.manifest, name).bytes);
  const notes = [`Lists of 20. ${FILES.compact} has ${first} bytes, ${FILES.residual} ${more}`];
  report(output, { bench: 'private', bytes: { compact: first, residual: more }, rows }, [rows], notes);
});

async function trained(): Promise<Artifact> {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-private-'));
  try {
    const out = join(folder, 'model');
    const flags = ['--data', 'ml-latest-small-2016', '--out', out];
    execFileSync(process.execPath, [join(ROOT, 'scripts/train.ts'), ...flags], { stdio: ['ignore', 2, 2] });
    return await readArtifact(out);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The routes over the model in this process. @param besides the file that makes it exact */
async function opened({ files, manifest }: Artifact, besides?: string): Promise<Send> {
  const exact: readonly string[] = [FILES.serving, FILES.residual];
  const listed = manifest.files.filter(({ name }) => name === besides || !exact.includes(name));
  const fetched: Send = async (path) => {
    const file = path.split('/')[3];
    return file
      ? new Response(files.get(file))
      : Response.json({ manifest: { ...manifest, files: listed }, hidden: [] });
  };
  const kernel = await WebAssembly.compile(await readFile(join(ROOT, 'worker/wasm/kernels/scorer.wasm')));
  const texts = new Map<string, string>();
  const { startPrivate } = await import(START);
  const send: Send = await startPrivate({
    fetched,
    kernel,
    texts: {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, text: string) => void texts.set(key, text),
      removeItem: (key: string) => void texts.delete(key),
    },
  });
  if (besides) await send('/exact', { method: 'POST' });
  return send;
}

/** Lists by query and person. */
async function listsOf(send: Send, people: readonly Rated[]): Promise<Item[][][]> {
  const lists: Item[][][] = QUERIES.map(() => []);
  for (const ratings of people) {
    await send('/session', { method: 'DELETE' });
    for (let at = 0; at < ratings.length; at += MOST) {
      const body = JSON.stringify({ ratings: ratings.slice(at, at + MOST) });
      await send('/ratings', { method: 'POST', headers: HEADERS, body });
    }
    for (const [q, query] of QUERIES.entries()) {
      const answer = await send(`/recommend?${query}&k=20`);
      lists[q].push(((await answer.json()) as { items: Item[] }).items);
    }
  }
  return lists;
}

function sameFilms(a: readonly Item[], b: readonly Item[]): boolean {
  return a.every(({ movieId }, place) => movieId === b[place].movieId);
}

function isSame(a: readonly Item[], b: readonly Item[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The largest difference of a number of films that both lists have. */
function widest(a: readonly Item[][], b: readonly Item[][], numberOf: (item: Item) => number): number {
  let most = 0;
  for (const [p, list] of a.entries()) {
    const others = new Map(b[p].map((item) => [item.movieId, numberOf(item)]));
    for (const item of list)
      most = Math.max(most, Math.abs(numberOf(item) - (others.get(item.movieId) ?? numberOf(item))));
  }
  return Number(most.toPrecision(2));
}
