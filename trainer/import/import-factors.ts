import { createHash, type Hash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES, FORMAT_VERSION, USER_BATCH } from '../../shared/artifact/schema.ts';
import { buildAround, newVersion } from '../artifact/artifact.ts';
import type { UserColumns } from '../artifact/columns.ts';
import { UsersWriter } from '../artifact/users-writer.ts';
import { writeFolder } from '../artifact/write-folder.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import { movieColumns, posteriorColumns } from '../train/columns.ts';
import type { Imported, ImportedVectors, ImportSources, ImportStep, Read, Sample } from './contract.ts';
import { FactorTable } from './factor-rows.ts';
import { importAlone } from './factors-alone.ts';
import { type Moments, readMoments } from './moments.ts';
import { type MovieFactors, readMovieFactors } from './movie-factors.ts';
import { openTable } from './open-table.ts';
import { readUsers, sampleTest, sortedIds } from './user-factors.ts';
import { type ImportedUser, UserSorter } from './user-sorter.ts';
import { importWithMoments } from './with-moments.ts';
import { importWithRatings } from './with-ratings.ts';

/** Users that are put into columns at a time: whole batches. */
const BLOCK = 16 * USER_BATCH;

/**
 * Makes a standard artifact of factors that another system learned, and writes its folder, whole or not at all. Users are
 * never held: they are sorted on disk, beside the folder, and written batch by batch.
 *
 * @param options settings of the relevance model, and those with which a later training goes on
 * @throws `bad-data` naming file and row, `not-found`, `bad-flag`
 */
export async function importFactors(
  engine: Engine,
  sources: ImportSources,
  options: TrainingOptions,
  folder: string,
  onStep: (step: ImportStep) => void = () => {},
): Promise<Manifest> {
  const started = performance.now();
  const hash = createHash('sha256');
  const [movieTable, userTable] = await Promise.all([
    openTable(sources.movies).then((table) => new FactorTable(table, 'movie')),
    openTable(sources.users).then((table) => new FactorTable(table, 'user')),
  ]);
  const movies = await readMovieFactors(movieTable, sources.catalogue);
  const { factors: K } = movies;
  hash.update(movies.movieIds).update(movies.vectors);
  onStep({ step: 'movies', movies: movies.known.reduce((sum, one) => sum + one, 0), factors: K });
  const moments = sources.moments === undefined ? undefined : await readMoments(sources.moments, K);
  const userIds = await sortedIds(userTable);
  let manifest: Manifest | undefined;
  await writeFolder(folder, async (partial) => {
    const sorting = join(partial, 'sorting');
    await mkdir(sorting, { recursive: true });
    const sorter = new UserSorter(sorting, userIds, K);
    try {
      const sample = await sortUsers(userTable, movies, userIds, sorter, hash);
      onStep({ step: 'users', users: userIds.length });
      const read = { ...sources, movies, userIds, sample, options, onStep };
      const imported = await modelOf(engine, read, moments, sources);
      const users = await writeUsers(join(partial, FILES.users), userIds, sorter, imported.userOf);
      onStep({ step: 'written', users: users.rows });
      const about = describe(sources, movies, imported, { engine, options, started, users: userIds.length, hash });
      const { learned, movieRatings, relevance } = imported;
      const artifact = buildAround(about, users, {
        movies: movieColumns(movieRatings, sources.catalogue, learned, relevance),
        posterior: posteriorColumns(movies, sources.catalogue, learned, relevance),
        next: relevance.next,
      });
      manifest = artifact.manifest;
      for (const [name, bytes] of artifact.files) await writeFile(join(partial, name), bytes);
    } finally {
      sorter.close();
      await rm(sorting, { recursive: true, force: true });
    }
  });
  return manifest!;
}

function modelOf(
  engine: Engine,
  read: Read,
  moments: Moments | undefined,
  { ratings }: ImportSources,
): Promise<Imported> | Imported {
  if (moments) return importWithMoments(engine, read, moments);
  return ratings ? importWithRatings(engine, read, ratings) : importAlone(read);
}

/** Puts every user into the sorter, and gathers those that stand for all. */
async function sortUsers(
  table: FactorTable,
  { factors: K, movieIds }: MovieFactors,
  userIds: Int32Array,
  sorter: UserSorter,
  hash: Hash,
): Promise<Sample> {
  const isSampled = sampleTest(userIds);
  const sample: ImportedUser[] = [];
  let ratings = 0;
  for await (const user of readUsers(table, K, movieIds)) {
    sorter.add(user);
    ratings += user.movieIds.length;
    if (!isSampled(user.userId)) continue;
    hash.update(user.factors);
    sample.push({ ...user, factors: user.factors.slice() });
  }
  return { users: sample.sort((a, b) => a.userId - b.userId), ratings };
}

async function writeUsers(path: string, userIds: Int32Array, sorter: UserSorter, userOf: Imported['userOf']) {
  const writer = await UsersWriter.open(path, userIds);
  let block: ImportedVectors[] = [];
  for (const user of sorter.sorted()) {
    block.push(userOf(user));
    if (block.length < BLOCK) continue;
    await writer.write(columnsOf(block));
    block = [];
  }
  if (block.length > 0) await writer.write(columnsOf(block));
  return writer.close();
}

function columnsOf(users: readonly ImportedVectors[]): UserColumns {
  const ratedOffsets = new Int32Array(users.length + 1);
  users.forEach(({ movieIds }, u) => {
    ratedOffsets[u + 1] = ratedOffsets[u] + movieIds.length;
  });
  const N = ratedOffsets[users.length];
  const columns = {
    userIds: Int32Array.from(users, ({ userId }) => userId),
    biases: Float32Array.from(users, ({ bias }) => bias),
    factors: new Float32Array(users.length * users[0].factors.length),
    relevance: new Float32Array(users.length * users[0].relevance.length),
    ratedOffsets,
    ratedMovieIds: new Int32Array(N),
    ratedHalfStars: new Uint8Array(N),
    ratedTimes: new Uint32Array(N),
  };
  users.forEach(({ factors, relevance, movieIds, halfStars, times }, u) => {
    columns.factors.set(factors, u * factors.length);
    columns.relevance.set(relevance, u * relevance.length);
    columns.ratedMovieIds.set(movieIds, ratedOffsets[u]);
    columns.ratedHalfStars.set(halfStars, ratedOffsets[u]);
    columns.ratedTimes.set(times, ratedOffsets[u]);
  });
  return columns;
}

interface Surroundings {
  readonly engine: Engine;
  readonly options: TrainingOptions;
  readonly started: number;
  readonly users: number;
  readonly hash: Hash;
}

function describe(
  { name, ratings, mean }: ImportSources,
  { factors, movieIds }: MovieFactors,
  { learned, relevance, scale, newest, ratings: N, metrics, knows }: Imported,
  { engine, options, started, users, hash }: Surroundings,
): Omit<Manifest, 'files'> {
  return {
    formatVersion: FORMAT_VERSION,
    version: newVersion(),
    createdAt: new Date().toISOString(),
    dataset: {
      name,
      ratings: N,
      users,
      movies: movieIds.length,
      cutoff: newest > 0 ? new Date(newest * 1000).toISOString() : null,
      sha256: ratings?.sha256 ?? hash.digest('hex'),
    },
    config: { ...options, ...relevance.chosen, factors, imported: { knows, mean: mean ?? null } },
    scale,
    mean: learned.mean,
    tau: learned.tau,
    link: 'identity',
    factors,
    relevanceFactors: relevance.prior.base.length,
    historyScales: relevance.prior.history.length,
    blend: options.blend,
    metrics,
    engine: engine.name,
    device: `${engine.device}; factors of another system`,
    seconds: Math.round(performance.now() - started) / 1000,
  };
}
