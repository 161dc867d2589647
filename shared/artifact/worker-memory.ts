import { MarqueeError } from '../errors.ts';
import { fileEntry, type Manifest } from './manifest.ts';
import { allParts, BROUGHT, moviesOf, type Part, partFile, partsIn } from './parts.ts';
import { FILES, LARGEST_NEXT, USER_BATCH } from './schema.ts';
import { blocksOf } from './serving-layout.ts';
import { knownBlocks, vectorMemory } from './vector-memory.ts';

/** Bytes that Cloudflare gives an isolate: JavaScript's objects, buffers and WebAssembly memory together. */
export const ISOLATE = 128 * 2 ** 20;

/** Bytes of an isolate that serves, besides its version: code, the caches of people and films, requests under way. */
export const ITSELF = 10 * 2 ** 20;

/**
 * Bytes a film of what answers make of a catalogue: the index of titles (75 where a title has six words), masks of eight
 * filters, how far ratings deviate, rows by id, years; the gzipped map (20 with MovieLens' titles); and, where a program
 * added films, the columns of both.
 */
const MADE_OF_FILM = 75 + 8 + 4 + 4 + 2 + 20 + 22;
/** Of these, what is made while a version loads. */
const LOADED_OF_FILM = 4 + 4 + 2;

/** What a version takes in one Worker, bytes. */
export interface WorkerMemory {
  /** Whose: the Worker that has all, the one in front of the parts, or a part. */
  readonly worker: string;
  /** Once all of it was asked for. */
  readonly inService: number;
  /** Beside the one in service, while Workers change over to it. */
  readonly arriving: number;
  /** Both, and the isolate itself. */
  readonly bytes: number;
}

/** What a version takes in each Worker that serves it, while the next, as large as it, arrives. */
export function workerMemory(manifest: Manifest): WorkerMemory[] {
  const K = partsIn(manifest);
  if (K === 0) return [memoryOf('the Worker', vectorsOf(manifest), held(manifest))];
  const parts = allParts(K).map((part) =>
    memoryOf(`part ${part.index} of ${K}`, vectorsOf(manifest, part), heldByPart(manifest, part)),
  );
  const { inService, arriving } = held(manifest);
  return [memoryOf('the Worker in front', 0, { inService: inService + BROUGHT, arriving }), ...parts];
}

/** The Worker that needs the most. */
export function mostMemory(manifest: Manifest): WorkerMemory {
  return workerMemory(manifest).reduce((most, memory) => (memory.bytes > most.bytes ? memory : most));
}

/**
 * Throws `out-of-memory` for a version that would not fit into an isolate while the next one arrives.
 *
 * @param most bytes of an isolate
 */
export function requireFits(manifest: Manifest, most = ISOLATE): void {
  const { worker, inService, arriving, bytes } = mostMemory(manifest);
  if (bytes <= most) return;
  const films = fileEntry(manifest, FILES.movies).rows;
  const { factors: K, relevanceFactors: E } = manifest;
  throw new MarqueeError(
    'out-of-memory',
    `version ${manifest.version} does not fit: ${worker} needs ${megabytes(bytes)} and has ${megabytes(most)}. ` +
      `${films} films of K = ${K} and E = ${E} take ${megabytes(inService)} in service, the next such version takes ` +
      `${megabytes(arriving)} while Workers change over to it, and the isolate ${megabytes(ITSELF)}`,
    {
      fix:
        'Train with a smaller --factors, --relevance-factors or --relevance-movies, or with fewer films; or cut the ' +
        'catalogue over several Workers: npm run publish -- --parts K (worker/OPERATIONS.md, "Past one isolate"). Where ' +
        'Workers have more, as under npm start: MARQUEE_WORKER_MEMORY=MEGABYTES. Nothing was changed.',
      details: { bytes, most },
    },
  );
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

/** What is in JavaScript's memory: bytes in service, and of them those there are from the first moment on. */
interface Held {
  readonly inService: number;
  readonly arriving: number;
}

function memoryOf(worker: string, vectors: number, { inService, arriving }: Held): WorkerMemory {
  const [whole, next] = [vectors + inService, vectors + arriving];
  return { worker, inService: whole, arriving: next, bytes: whole + next + ITSELF };
}

function vectorsOf(manifest: Manifest, part?: Part): number {
  const { factors: K, relevanceFactors: E, historyScales: S, files } = manifest;
  const { rows } = fileEntry(manifest, FILES.movies);
  const M = part ? moviesOf(part, rows) : rows;
  const file = files.find(({ name }) => name === (part ? partFile('serving', part) : FILES.serving));
  if (file) return vectorMemory({ M, K, E, S, R: knownBlocks({ M, K, E, S }, file.bytes) }, file.bytes);
  const unpacked = 4 * M * (3 * K + 3 + (1 + S) * E); // an earlier release has no such file: at most this
  return vectorMemory({ M, K, E, S, R: blocksOf(M) }, unpacked);
}

/** What a Worker has that answers people: the catalogue, the priors, where users are, what comes next. */
function held(manifest: Manifest): Held {
  const M = fileEntry(manifest, FILES.movies).rows;
  const users = 28 * Math.ceil(fileEntry(manifest, FILES.users).rows / USER_BATCH);
  const others = bytesOf(manifest, FILES.posterior) + bytesOf(manifest, FILES.profiles) + users;
  const arriving = catalogueBytes(manifest) + LOADED_OF_FILM * M + others;
  const next = Math.min(LARGEST_NEXT, bytesOf(manifest, FILES.next));
  return { inService: arriving + (MADE_OF_FILM - LOADED_OF_FILM) * M + next, arriving };
}

/** A part has no users and searches no titles. */
function heldByPart(manifest: Manifest, part: Part): Held {
  const M = moviesOf(part, fileEntry(manifest, FILES.movies).rows);
  const movies = bytesOf(manifest, partFile('movies', part)) + LOADED_OF_FILM * M;
  const arriving = movies + bytesOf(manifest, FILES.posterior);
  return { inService: arriving + 8 * M, arriving };
}

/** movies.arrow up to its vectors. */
function catalogueBytes(manifest: Manifest): number {
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const { bytes, rows } = fileEntry(manifest, FILES.movies);
  return Math.max(0, bytes - 4 * rows * (3 * K + 1 + (1 + S) * E));
}

function bytesOf({ files }: Manifest, name: string): number {
  return files.find((file) => file.name === name)?.bytes ?? 0;
}
