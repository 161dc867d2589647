import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IMPORTED } from '../../shared/artifact/compact.ts';
import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES, FORMAT_VERSION } from '../../shared/artifact/schema.ts';
import { buildAround, newVersion, writeFiles } from '../artifact/artifact.ts';
import { writeFolder } from '../artifact/write-folder.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import { movieColumns, posteriorColumns } from '../train/columns.ts';
import type { Imported, ImportSources, ImportStep, Read, Sample } from './contract.ts';
import { FactorTable } from './factor-rows.ts';
import { importAlone } from './factors-alone.ts';
import { type Moments, readMoments } from './moments.ts';
import { type MovieFactors, readMovieFactors } from './movie-factors.ts';
import { openTable } from './open-table.ts';
import { readUsers, sampleTest, sortedIds } from './user-factors.ts';
import { type ImportedUser, UserSorter } from './user-sorter.ts';
import { importWithMoments } from './with-moments.ts';
import { importWithRatings } from './with-ratings.ts';
import { writeUsers } from './write-users.ts';

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
  const [movieTable, userTable] = await Promise.all([
    openTable(sources.movies).then((table) => new FactorTable(table, 'movie')),
    openTable(sources.users).then((table) => new FactorTable(table, 'user')),
  ]);
  const movies = await readMovieFactors(movieTable, sources.catalogue);
  const { factors: K } = movies;
  onStep({ step: 'movies', movies: movies.known.reduce((sum, one) => sum + one, 0), factors: K });
  const moments = sources.moments === undefined ? undefined : await readMoments(sources.moments, K);
  const userIds = await sortedIds(userTable);
  return writeFolder(folder, async (partial) => {
    const sorting = join(partial, 'sorting');
    await mkdir(sorting);
    const sorter = new UserSorter(sorting, userIds, K);
    try {
      const { sample, sha256 } = await sortUsers(userTable, movies, userIds, sorter);
      onStep({ step: 'users', users: userIds.length });
      const imported = await modelOf(
        engine,
        { ...sources, movies, userIds, sample, options, onStep },
        moments,
        sources,
      );
      const users = await writeUsers(join(partial, FILES.users), userIds, sorter, imported.userOf);
      onStep({ step: 'written', users: users.rows });
      const about = describe(sources, movies, imported, { engine, options, started, users: userIds.length, sha256 });
      const { learned, movieRatings, relevance } = imported;
      const tables = {
        movies: movieColumns(movieRatings, sources.catalogue, learned, relevance),
        posterior: posteriorColumns(movies, sources.catalogue, learned, relevance),
        next: relevance.next,
      };
      const artifact = buildAround(about, users, tables, IMPORTED);
      await writeFiles(partial, artifact);
      return artifact.manifest;
    } finally {
      sorter.close();
      await rm(sorting, { recursive: true, force: true });
    }
  });
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

/** Puts every user into the sorter, and gathers those that stand for all. Hashes their factors and those of the movies. */
async function sortUsers(
  table: FactorTable,
  { factors: K, movieIds, vectors }: MovieFactors,
  userIds: Int32Array,
  sorter: UserSorter,
): Promise<{ readonly sample: Sample; readonly sha256: string }> {
  const hash = createHash('sha256').update(movieIds).update(vectors);
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
  return {
    sample: { users: sample.sort((a, b) => a.userId - b.userId), ratings },
    sha256: hash.digest('hex'),
  };
}

interface Surroundings {
  readonly engine: Engine;
  readonly options: TrainingOptions;
  readonly started: number;
  readonly users: number;
  /** Of the factors. */
  readonly sha256: string;
}

function describe(
  { name, ratings, mean }: ImportSources,
  { factors, movieIds }: MovieFactors,
  { learned, relevance, scale, newest, ratings: N, metrics, knows }: Imported,
  { engine, options, started, users, sha256 }: Surroundings,
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
      sha256: ratings?.sha256 ?? sha256,
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
