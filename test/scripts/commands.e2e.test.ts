import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bindings, withBindings } from '../../scripts/lib/bindings.ts';
import { CURRENT_KEY, FILES } from '../../shared/artifact/schema.ts';
import { readRatings } from '../../shared/ratings/rating-store.ts';
import { openArtifact, readArtifact } from '../../trainer/artifact/artifact.ts';
import type { Ratings } from '../../trainer/data/dataset.ts';
import { marquee, newFolder, QUICK, ROOT, ratingsCsv, readCsv, succeed, TINY, writeTinySet } from './command.ts';

let folder: string;
let ratings: Ratings;
/** Trained on the tiny set. */
let model: string;
let manifest: Record<string, unknown>;

const at = (name: string) => join(folder, name);

async function put(name: string, text: string): Promise<string> {
  await writeFile(at(name), text);
  return at(name);
}

/** A copy of the trained artifact, to damage. */
async function copyOfModel(name: string): Promise<string> {
  await cp(model, at(name), { recursive: true });
  return at(name);
}

beforeAll(async () => {
  folder = await newFolder();
  ratings = await writeTinySet(folder);
  model = at('model');
  manifest = JSON.parse(await succeed('train', ['--data', folder, ...QUICK, '--out', model, '--json']));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  it('prints one JSON object and writes an artifact that opens', async () => {
    expect(manifest).toMatchObject({
      folder: model,
      dataset: { ratings: ratings.count, users: TINY.users, movies: TINY.movies },
      config: { factors: 7, relevanceFactors: 8, sweeps: 4, seed: 42 },
    });
    const { movies, manifest: written } = openArtifact(await readArtifact(model));
    expect({ folder: model, ...written }).toEqual(manifest);
    expect(movies.title(4)).toBe('Film, The 5th');
    expect(movies.years[4]).toBe(1954);
  });

  it('prints the folder of the artifact to stdout and progress to stderr', async () => {
    const { stdout, stderr } = await marquee('train', ['--data', folder, ...QUICK, '--out', at('again')]);
    expect(stdout).toMatch(new RegExp(`^${at('again')}: ${ratings.count} ratings, 60 users, 80 movies, .* s\n$`));
    expect(stderr).toMatch(/4 sweeps/);
  });
});

describe('train on a file that is not written like MovieLens', () => {
  it('train reads semicolons, decimal commas and milliseconds, and says once what it converted', async () => {
    const rows = Array.from({ length: ratings.count }, (_, i) => {
      const [user, movie, stars] = [ratings.userIds[i], ratings.movieIds[i], ratings.stars[i]];
      return `${user};${movie};${String(stars).replace('.', ',')};${ratings.timestamps[i] * 1000 + 1e12}\r\n`;
    });
    const file = await put('german.csv', `\uFEFFuser_id;item_id;rating;timestamp\r\n${rows.join('')}`);
    const { status, stderr, stdout } = await marquee('train', ['--data', file, ...QUICK, '--out', at('german')]);
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`${ratings.count} ratings, 60 users, 80 movies`),
    });
    const note = `${file}: ${ratings.count} times are in milliseconds: converted to seconds\n`;
    expect(stderr.split(note)).toHaveLength(2);
  });
});

describe('evaluate', () => {
  const figures = {
    metrics: {
      rmse: expect.closeTo(0.8, 0),
      mae: expect.any(Number),
      'ndcg@10': expect.any(Number),
      'recall@20': expect.any(Number),
    },
    baselines: { bias: { rmse: expect.any(Number) }, popularity: { 'ndcg@10': expect.any(Number) } },
  };

  it.each(['random:0.2', 'users:0.2', 'last:0.2'])('splits %s and beats the Bias baseline', async (split) => {
    const answer = JSON.parse(await succeed('evaluate', ['--data', folder, '--split', split, ...QUICK, '--json']));
    expect(answer).toMatchObject({ split, config: { sweeps: 4 }, ...figures });
    expect(answer.trainRatings + answer.testRatings).toBeLessThanOrEqual(ratings.count);
    expect(answer.testRatings).toBeGreaterThan(30);
    expect(answer.metrics.rmse).toBeLessThan(answer.baselines.bias.rmse);
  });

  it('fits rivals to the same split with --rivals, in JSON and in the table', async () => {
    const flags = ['--data', folder, '--split', 'users:0.2', ...QUICK, '--sweeps', '2', '--rivals'];
    const [json, table] = await Promise.all([succeed('evaluate', [...flags, '--json']), succeed('evaluate', flags)]);
    const { rivals, baselines } = JSON.parse(json);
    const lists = { 'ndcg@10': expect.any(Number), 'recall@20': expect.any(Number), seconds: expect.any(Number) };
    expect(rivals).toMatchObject([
      { name: 'Bias', rmse: expect.closeTo(baselines.bias.rmse, 6), seconds: expect.any(Number) },
      { name: 'Popularity', ...lists },
      { name: 'iALS', ...lists },
      { name: 'iALS + recency', ...lists },
      { name: 'EASE', ...lists },
      { name: 'EASE + recency', ...lists },
    ]);
    expect(table).toMatch(
      /Recall@20 +seconds\nMarquee .*\nBias .*\nPopularity .*\niALS .*\niALS \+ recency +0\.\d{4} /,
    );
  });

  it('asks for the next film with loo, in JSON and in the table, by the order of --by', async () => {
    const flags = ['--data', folder, '--split', 'loo', '--by', 'rating', ...QUICK];
    const [json, table] = await Promise.all([succeed('evaluate', [...flags, '--json']), succeed('evaluate', flags)]);
    const { by, testRatings, metrics, baselines } = JSON.parse(json);
    const next = { 'hr@10': expect.any(Number), 'ndcg@10': expect.any(Number), asked: 60 };
    expect({ by, testRatings, metrics, baselines }).toMatchObject({
      by: 'rating',
      testRatings: 60,
      metrics: { next, reach: { coverage: expect.any(Number) } },
      baselines: { popularity: { next } },
    });
    expect(table).toMatch(/^\S+, loo, by rating\n/);
    expect(table).toMatch(
      /\nnext film of 60 +HR@10 +NDCG@10\nMarquee +0\.\d{4} +0\.\d{4}\nMarquee, by next +0\.\d{4} +0\.\d{4}\nPopularity +0/,
    );
    expect(table).toMatch(
      /\nreach of the lists +coverage +popularity +novelty\nMarquee +0\.\d{4} +0\.\d{4} +\d\.\d{3}\n/,
    );
  });

  it('compares with what was popular lately on one cut in time, and says who is left out', async () => {
    const table = await succeed('evaluate', ['--data', folder, '--split', 'when:0.3', '--successive', ...QUICK]);
    expect(table).toMatch(
      /\ncut at \d{4}-\d\d-\d\dT[\d:.]+Z; left out: \d+ people who first rated after it, with \d+ ratings\n/,
    );
    expect(table).toMatch(/\nPopularity, 7 days +0\.\d{4} .*\nPopularity, 30 days +0\.\d{4} /);
    expect(table).toMatch(/\nfilms in turn, \d+ +HR@10 +NDCG@10\nMarquee +\d\.\d{4} +\d\.\d{4}\nPopularity /);
  });

  it('measures several seeds with --seeds: the mean and its standard error of every figure', async () => {
    const flags = ['--data', folder, '--split', 'users:0.2', ...QUICK, '--popularity', '-1,1', '--seeds', '1,2'];
    const [json, table] = await Promise.all([succeed('evaluate', [...flags, '--json']), succeed('evaluate', flags)]);
    const { seeds, runs, mean, error } = JSON.parse(json);
    const [a, b] = runs.map(({ metrics }: { metrics: { rmse: number } }) => metrics.rmse);
    expect(seeds).toEqual([1, 2]);
    expect(runs.map(({ config }: { config: { seed: number } }) => config.seed)).toEqual(seeds);
    expect(mean.metrics.rmse).toBeCloseTo((a + b) / 2, 12);
    expect(error.metrics.rmse).toBeCloseTo(Math.abs(a - b) / 2, 12);
    expect(mean.leaning.map(({ popularity }: { popularity: number }) => popularity)).toEqual([-1, 1]);
    expect(table).toMatch(/\nreach of the lists .*\nMarquee .*\npopularity -1 .*\npopularity 1 .*\nPopularity /);
    expect(table.replaceAll(/ +/g, ' ')).toContain(
      `\nMarquee ${mean.metrics.rmse.toFixed(4)} ± ${error.metrics.rmse.toFixed(4)}`,
    );
    expect(table).toMatch(/\nmeans of the seeds 1, 2 ± standard errors\n$/);
    const { metrics } = JSON.parse(await succeed('evaluate', [...flags.slice(0, -2), '--seed', '1', '--json']));
    expect(metrics).toEqual(runs[0].metrics);
  });

  it('tests on the file of --test, whose users and movies may be new, and prints a table', async () => {
    const test = await put('test.csv', 'userId,movieId,rating\n1,1,4\n999,2,3\n1,999,2.5\n');
    const table = await succeed('evaluate', ['--data', folder, '--test', test, ...QUICK]);
    expect(table).toMatch(/^\S+, test\.csv\n/);
    expect(table).toMatch(/RMSE +MAE +NDCG@10 +Recall@20 +distance\nMarquee +\d\.\d{4} /);
    expect(table).toMatch(/\nBias +\d\.\d{4} +\d\.\d{4}\nPopularity /);
  });
});

describe('predict', () => {
  it('predicts every pair in order, with unknown users and movies too', async () => {
    const pairs = await put('pairs.csv', 'userId,movieId\n3,9\n3,10\n999,9\n3,999\n999,999\n3,9\n');
    await succeed('predict', ['--model', model, '--pairs', pairs, '--out', at('predicted.csv')]);
    const rows = await readCsv(at('predicted.csv'));
    expect(rows.map(({ userId, movieId }) => [userId, movieId])).toEqual([
      [3, 9],
      [3, 10],
      [999, 9],
      [3, 999],
      [999, 999],
      [3, 9],
    ]);
    for (const { prediction } of rows) {
      expect(prediction).toBeGreaterThanOrEqual(0.5);
      expect(prediction).toBeLessThanOrEqual(5);
    }
    expect(rows[0].prediction).not.toBe(rows[2].prediction);
    expect(rows[5]).toEqual(rows[0]);
  });

  it('folds users of --ratings in from those ratings alone, and leaves the others as trained', async () => {
    const pairs = await put('both.csv', 'userId,movieId\n1,50\n2,50\n3,50\n777,50\n');
    const own = ratingsCsv(ratings, (userId) => userId === 1);
    const asUser2 = own.replace(/^1,/gm, '777,').split('\n').slice(1).join('\n');
    const opposite = '2,1,5,1\n2,2,0.5,2\n2,3,5,3\n2,4,0.5,4\n';
    const shown = await put('shown.csv', own + asUser2 + opposite);
    await Promise.all([
      succeed('predict', ['--model', model, '--pairs', pairs, '--out', at('stored.csv')]),
      succeed('predict', ['--model', model, '--pairs', pairs, '--ratings', shown, '--out', at('folded.csv')]),
    ]);
    const [stored, folded] = [await readCsv(at('stored.csv')), await readCsv(at('folded.csv'))];
    expect(folded[0].prediction).toBeCloseTo(stored[0].prediction, 3); // the training ratings: the stored vector
    expect(folded[3].prediction).toBe(folded[0].prediction); // the same ratings: the same person
    expect(folded[1].prediction).not.toBeCloseTo(stored[1].prediction, 2); // other ratings count, those of training do not
    expect(folded[2]).toEqual(stored[2]); // nothing shown: as trained
  });
});

describe('recommend', () => {
  it('gives every user of the file k movies that they have not rated, best first', async () => {
    const shown = await put(
      'three.csv',
      ratingsCsv(ratings, (userId) => userId <= 3),
    );
    const flags = ['--model', model, '--ratings', shown, '--k', '7'];
    await Promise.all([
      succeed('recommend', [...flags, '--out', at('relevance.csv')]),
      succeed('recommend', [...flags, '--by', 'rating', '--out', at('rating.csv')]),
      succeed('recommend', [...flags, '--by', 'rating', '--certainty', '0', '--out', at('predicted-stars.csv')]),
    ]);
    const [byRelevance, byRating] = [await readCsv(at('relevance.csv')), await readCsv(at('rating.csv'))];
    const seen = new Set(Array.from(ratings.userIds, (userId, i) => `${userId} ${ratings.movieIds[i]}`));
    const byPrediction = await readCsv(at('predicted-stars.csv'));
    for (const rows of [byRelevance, byRating, byPrediction]) {
      expect(rows.map(({ userId, rank }) => [userId, rank])).toEqual(
        [1, 2, 3].flatMap((userId) => [1, 2, 3, 4, 5, 6, 7].map((rank) => [userId, rank])),
      );
      expect(rows.filter(({ userId, movieId }) => seen.has(`${userId} ${movieId}`))).toEqual([]);
      expect(new Set(rows.map(({ userId, movieId }) => `${userId} ${movieId}`)).size).toBe(21);
      for (const [i, { rank, score }] of rows.entries()) {
        if (rank > 1) expect(score).toBeLessThanOrEqual(rows[i - 1].score);
      }
    }
    // The usual order by rating is by a lower bound of the prediction.
    for (const { score, predictedRating } of byRating) expect(score).toBeLessThan(predictedRating);
    for (const { score, predictedRating } of byPrediction) {
      expect(predictedRating).toBeCloseTo(Math.max(0.5, Math.min(5, score)), 5);
    }
    expect(byRelevance).not.toEqual(byRating);
  });
});

describe('train --extra and recommend --user, --exclude', () => {
  it('adds the ratings of more files, and recommends to their user without rated and excluded movies', async () => {
    const mine = await put('mine.dat', '900::1::5::1\n900::2::4.5::2\n900::3::1::3\n1::80::0.5::9999999999\n');
    const more = await put('more.csv', 'userId,movieId,rating\n900,4,5\n900,555,4\n');
    const extra = ['--extra', mine, '--extra', more];
    const trained = await marquee('train', ['--data', folder, ...extra, ...QUICK, '--out', at('extra'), '--json']);
    expect(trained.stderr).toMatch(/mine\.dat: 4 ratings, \d of them of pairs that were there before\n/);
    expect(trained.stderr).toMatch(/more\.csv: 2 ratings, 0 .*; 1 movies that no movie file names: 555\n/);
    expect(trained.stderr).toContain('1 rating of 1 film without a title left out');
    expect(JSON.parse(trained.stdout)).toMatchObject({
      dataset: {
        name: expect.stringMatching(/ \+ mine\.dat \+ more\.csv$/),
        users: TINY.users + 1,
        movies: TINY.movies,
      },
    });

    const flags = ['--model', at('extra'), '--user', '900'];
    const excluded = ['--exclude', 'FILM, the 7', '--exclude', '80th'];
    await succeed('recommend', [...flags, '--k', '80', '--out', at('all.csv')]);
    await succeed('recommend', [...flags, '--k', '80', ...excluded, '--out', at('some.csv')]);
    const [all, some] = [await readCsv(at('all.csv')), await readCsv(at('some.csv'))];
    const unseen = Array.from({ length: 76 }, (_, m) => m + 5);
    expect(all.map(({ movieId }) => movieId).sort((a, b) => a - b)).toEqual(unseen);
    const isOut = (movieId: number) => movieId === 7 || (movieId >= 70 && movieId <= 80);
    expect(some.map(({ movieId }) => movieId)).toEqual(
      all.map(({ movieId }) => movieId).filter((movieId) => !isOut(movieId)),
    );
    expect(await succeed('recommend', [...flags, '--k', '2'])).toMatch(
      /^user 900\n {3}1 {2}\d\.\d {2}Film, The \d+th \(\d{4}\)\n {3}2 {2}.*\n$/,
    );
  });

  it('says that the training had no such user', async () => {
    const { status, stderr } = await marquee('recommend', ['--model', model, '--user', '900']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/was trained without a user 900\n.*--ratings/);
  });

  it('adds the ratings to the training part of an evaluation', async () => {
    const extra = await put('joined.dat', '900::1::5::1\n900::2::4.5::2\n');
    const test = await put('joined-test.csv', 'userId,movieId,rating\n900,3,4\n');
    const flags = ['--data', folder, '--extra', extra, '--test', test, ...QUICK, '--json'];
    expect(JSON.parse(await succeed('evaluate', flags))).toMatchObject({
      trainRatings: ratings.count + 2,
      testRatings: 1,
    });
  });
});

describe('profiles', () => {
  it('puts the requested number of profiles into the artifact, and lists them', async () => {
    const other = await copyOfModel('profiled');
    const files = async () => (await readArtifact(other)).manifest.files.map(({ name, rows }) => [name, rows]);
    expect(await files()).toContainEqual([FILES.profiles, 8]);
    const { items, version } = JSON.parse(await succeed('profiles', ['--model', other, '--clusters', '3', '--json']));
    expect(version).toBe(manifest.version);
    expect(items).toMatchObject(Array(3).fill({ profile: expect.any(String), name: expect.stringContaining('Film') }));
    expect(await files()).toContainEqual([FILES.profiles, 3]);
    expect(await succeed('profiles', ['--model', other, '--clusters', '3'])).toMatch(/ +\d+ users {2}\S+\n.*\n/);
  });
});

describe('sweep', () => {
  it('trains a grid of lists, and refuses a list that no model takes', async () => {
    const flags = ['--data', folder, '--out', at('sweep'), '--relevance-factors', '8', '--threads', '1', '--json'];
    const out = await succeed('sweep', ['--model', 'vb', '--factors', '3,5', '--sweeps', '2,3', ...flags]);
    const { rows, csv } = JSON.parse(out);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      ...['vb, factors 3, sweeps 2', 'vb, factors 3, sweeps 3', 'vb, factors 5, sweeps 2', 'vb, factors 5, sweeps 3'],
    ]);
    expect((await readFile(csv, 'utf8')).trimEnd().split('\n')).toHaveLength(5);
    for (const wrong of [
      ['--factors', '3,,5'],
      ['--model', 'vb,neural'],
      ['--layers', '10,10'],
    ]) {
      const { status, stderr } = await marquee('sweep', [...flags, ...wrong]);
      expect([status, stderr]).toEqual([2, expect.stringContaining('Usage')]);
    }
  });
});

describe('report', () => {
  it('writes one HTML file with the requested titles', async () => {
    const out = at('report.html');
    const titles = ['--title', 'the 7th', '--distance', 'the 8th', 'the 9th'];
    expect(await succeed('report', ['--model', model, ...titles, '--out', out])).toBe(`${out}\n`);
    const html = await readFile(out, 'utf8');
    expect(html).toMatch(/<h3>Film, The 7th \(1956\)<\/h3>/);
    expect(html).toMatch(/8th \(1957\)<\/strong> and <strong>Film, The 9th/);
  });

  it('goes into the artifact without --out, with measurements when --data is given', async () => {
    const other = await copyOfModel('reported');
    const flags = ['--model', other, '--data', folder, '--split', 'users:0.2', '--threads', '1'];
    await succeed('report', flags);
    const { files } = await readArtifact(other); // it is what the manifest says
    expect(new TextDecoder().decode(files.get(FILES.report))).toMatch(/Measured users:0\.2/);
  });

  it('says that a picture needs Chromium', async () => {
    const { status, stderr } = await marquee('report', ['--model', model, '--png', '--out', at('r.html')], {
      PATH: '',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/--png needs a Chromium, .*\nInstall one \(Debian: apt-get install chromium\)/);
  });
});

describe('publish, models, rollback', () => {
  it('put versions into service and take them out again', async () => {
    const env = { MARQUEE_STATE: at('state') };
    const [first, second] = [manifest.version, '29990101T000000Z-second'] as string[];
    const other = await copyOfModel('second');
    const file = join(other, FILES.manifest);
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), version: second }));

    expect(await succeed('publish', ['--model', model], env)).toBe(`${first} is in service\n`);
    const { models } = JSON.parse(await succeed('models', ['--json'], env));
    expect(models).toMatchObject([{ version: first, current: true, manifest: { dataset: { users: TINY.users } } }]);
    expect(await succeed('publish', ['--model', other], env)).toContain(`npm run rollback returns to ${first}`);
    const arms = ['--arm', 'usual', '--arm', 'bold:popularity=-0.5'];
    await succeed('experiment', ['start', 'trial', '--ends', '2099-01-01', ...arms], env);
    const back = await succeed('rollback', [], env);
    expect(back).toContain(`${first} is in service`);
    expect(back).toContain('the experiment trial has ended: everybody gets that version');
    expect((await succeed('models', [], env)).split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^   ${second}  .*${ratings.count} ratings`)),
      expect.stringMatching(new RegExp(`^\\*  ${first}  `)),
      '',
    ]);
  });
});

describe('hide', () => {
  it('hides films from every list and shows them again, and lists the hidden ones by title', async () => {
    const env = { MARQUEE_STATE: at('hide-state') };
    await succeed('publish', ['--model', model], env);
    expect(await succeed('hide', [], env)).toBe('hidden films: 0\n');
    expect(await succeed('hide', ['7', '8,900'], env)).toBe(
      'hidden films: 3\n  7: Film, The 7th\n  8: Film, The 8th\n  900: not in the model in service\n',
    );
    const { hidden } = JSON.parse(await succeed('hide', ['--show', '7', '--show', '900', '--json'], env));
    expect(hidden).toMatchObject([{ movieId: 8 }]);
    await succeed('publish', ['--model', model], env); // a version published later hides it too
    const current = withBindings(
      false,
      async ({ MODELS }) => (await MODELS.get(CURRENT_KEY))!.text(),
      env.MARQUEE_STATE,
    );
    expect(JSON.parse(await current)).toMatchObject({ hidden: [8] });
  });

  it('and pin put three films at most first, and take them down again', async () => {
    const env = { MARQUEE_STATE: at('pin-state') };
    expect((await marquee('pin', [], env)).stderr).toContain('nothing was published yet');
    await succeed('publish', ['--model', model], env);
    expect(await succeed('pin', ['8', '7'], env)).toBe('pinned films: 2\n  8: Film, The 8th\n  7: Film, The 7th\n');
    const { status, stderr } = await marquee('pin', ['1,2'], env);
    expect([status, stderr]).toEqual([1, expect.stringContaining('3 are the most. Take one down first.')]);
    const { pinned } = JSON.parse(await succeed('pin', ['--unpin', '8', '--json'], env));
    expect(pinned).toEqual([{ movieId: 7, title: 'Film, The 7th' }]);
  });

  it('refuses what is no id', async () => {
    for (const wrong of [['x'], ['--show', '1.5'], ['2147483648']]) {
      const { status, stderr } = await marquee('hide', wrong);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/expected a (whole )?number/)]);
    }
    expect(await succeed('hide', ['--help'])).toContain('movie ids to show again');
  });
});

describe('films that no film file names', () => {
  it('are left out of a training with a word, and of an evaluation', async () => {
    const unknown = Array.from({ length: 3000 }, (_, k) => `901::${900_000_000 + k}::${2 + (k % 4)}::${k + 1}`);
    const extra = await put('unknown.dat', `${unknown.join('\n')}\n901::3::4::9\n`);
    const flags = ['--data', folder, '--extra', extra, ...QUICK];
    const { stdout, stderr } = await marquee('train', [...flags, '--out', at('unknown')]);
    expect(stderr).toContain('3,000 ratings of 3,000 films without a title left out');
    expect(stdout).toContain(`${ratings.count + 1} ratings, 61 users, 80 movies`);
    const test = await put('unknown-test.csv', 'userId,movieId,rating\n901,4,4\n901,900000000,4\n');
    expect(JSON.parse(await succeed('evaluate', [...flags, '--test', test, '--json']))).toMatchObject({
      trainRatings: ratings.count + 1,
      testRatings: 1,
    });
  });

  it('have their ids as titles where there is no film file at all, which is said once', async () => {
    await mkdir(at('alone'), { recursive: true });
    await cp(at('ratings.csv'), at('alone/ratings.csv'));
    const { stderr } = await marquee('train', ['--data', at('alone'), ...QUICK, '--out', at('nameless')]);
    expect(stderr.match(/no movie file beside the ratings names a movie: ids stand for titles/g)).toHaveLength(1);
    expect(openArtifact(await readArtifact(at('nameless'))).movies.title(4)).toBe('Movie 5');
  });
});

describe('import', () => {
  it("writes a user's ratings into D1: all of a one-user file, only theirs of a file of several users", async () => {
    const env = { MARQUEE_STATE: at('import-state') };
    const single = await put('single.csv', 'userId,movieId,rating,timestamp\n5,10,4.5,100\n5,20,0.5,200\n');
    const several = await put('several.dat', '7::30::5::300\n8::30::1::300\n7::40::2::400\n');
    expect(await succeed('import', [single, '--user', '1000'], env)).toMatch(/^2 ratings of user 1000 are in D1/);
    expect(await succeed('import', [several, '--user', '7'], env)).toMatch(/^2 ratings of user 7 are in D1/);

    const checked = async ({ DB }: Bindings) => {
      expect(await readRatings(DB, 1000)).toEqual([
        { movieId: 10, rating: 4.5, timestamp: 100 },
        { movieId: 20, rating: 0.5, timestamp: 200 },
      ]);
      expect(await readRatings(DB, 7)).toEqual([
        { movieId: 30, rating: 5, timestamp: 300 },
        { movieId: 40, rating: 2, timestamp: 400 },
      ]);
      for (const nobody of [5, 8]) expect(await readRatings(DB, nobody)).toEqual([]);
      const { results } = await DB.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
      expect(results.map(({ name }) => name)).toEqual((await readdir('worker/migrations')).sort());
    };
    await withBindings(false, checked, env.MARQUEE_STATE);
  });

  it('lists ids that the model in service does not know by line, and stores nothing of them', async () => {
    const env = { MARQUEE_STATE: at('hide-state') };
    await succeed('publish', ['--model', model], env);
    const file = await put('unknown-ids.csv', 'userId,movieId,rating,timestamp\n5,10,4.5,100\n5,900000000,5,200\n');
    const out = await succeed('import', [file, '--user', '1000'], env);
    expect(out).toContain('1 ratings of user 1000 are in D1');
    expect(out).toContain('1 films are not in the model:\n  line 3: id 900000000');
    const stored = await withBindings(false, ({ DB }) => readRatings(DB, 1000), env.MARQUEE_STATE);
    expect(stored).toEqual([{ movieId: 10, rating: 4.5, timestamp: 100 }]);
  });

  it('prints twenty films that it did not find, and writes all of them to a file when asked', async () => {
    const env = { MARQUEE_STATE: at('hide-state') };
    const lines = Array.from({ length: 130 }, (_, j) => `5,${900_000_000 + j},5,200`);
    const file = await put('many-unknown.csv', ['userId,movieId,rating,timestamp', ...lines].join('\n'));
    const report = at('report.json');
    const out = await succeed('import', [file, '--user', '1000', '--report', report], env);
    expect(out).toContain('130 films are not in the model:\n  line 2: id 900000000');
    expect(out).toContain('  line 21: id 900000019\n  and 110 more; --report FILE writes all of them to a file');
    expect(JSON.parse(await readFile(report, 'utf8')).unmatched).toHaveLength(130);
    const json = JSON.parse(await succeed('import', [file, '--user', '1000', '--json'], env));
    expect([json.unmatched.length, json.more]).toEqual([20, { ambiguous: 0, unmatched: 110 }]);
  });

  it('says that a file of several users lacks the user', async () => {
    const several = await put('others.dat', '7::30::5::300\n8::30::1::300\n');
    const { status, stderr } = await marquee('import', [several, '--user', '9']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/holds several users, and none is 9\nName one of its users/);
  });
});

describe('a command with wrong flags', () => {
  it.each([
    ['train', [], /--data <set>' not specified/],
    ['train', ['--data', 'x', '--factors', '0'], /expected number to be >=1/],
    ['train', ['--data', 'x', '--engine', 'abacus'], /Allowed choices are auto, /],
    ['evaluate', ['--data', 'x', '--split', 'thirds'], /--split: got "thirds", expected random:0.1/],
    ['evaluate', ['--data', 'x', '--successive'], /--successive needs a --split with an order, such as when:0.1/],
    ['evaluate', ['--data', 'x', '--diversity', '2'], /--diversity: got 2, expected a number from 0 to 1/],
    ['evaluate', ['--data', 'x', '--popularity', '0,-2'], /--popularity: got -2, expected a number from -1 to 1/],
    ['evaluate', ['--data', 'x', '--by', 'mood'], /Allowed choices are blend, relevance, rating, next/],
    ['evaluate', ['--data', 'x', '--seeds', '1,2.5'], /--seeds: got 2.5, expected a whole number from 0/],
    ['evaluate', ['--data', 'x', '--seeds', '1,2', '--seed', '3'], /--seeds and --seed exclude each other/],
    ['evaluate', ['--data', 'x', '--split', 'random:0.1', '--test', 'x'], /exclude each other/],
    ['predict', ['--model', 'x', '--out', 'x'], /--pairs <file>' not specified/],
    ['recommend', ['--model', 'x', '--ratings', 'x', '--out', 'x', '--by', 'mood'], /--by: got "mood"/],
    ['recommend', ['--model', 'x', '--ratings', 'x', '--user', '1'], /expected either --ratings or --user/],
    ['profiles', ['--model', 'x', '--clusters', '0'], /--clusters: got 0, expected a whole number from 1 to 100/],
    ['report', ['--model', 'x', '--distance', 'only one'], /--distance: got 1 titles, expected two/],
    ['publish', ['--remote'], /--model <folder>' not specified/],
    ['rollback', ['a', 'b'], /too many arguments/],
    ['models', ['--jsno'], /unknown option '--jsno', did you mean --json\?/],
    ['train', ['--dta', 'x'], /unknown option '--dta', did you mean --data\?/],
    ['import', ['x', '--user', '-1'], /--user: got -1, expected a whole number from 0 to 2147483647/],
    ['start', ['--port', '70000'], /--port: got 70000, expected a whole number from 1 to 65535/],
  ])('exits with 2 and shows its usage: %s %j', async (name, args, reason) => {
    const { status, stdout, stderr } = await marquee(name, args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).toContain(`Usage: npm run ${name} --`);
    expect(stderr.trim().split('\n').length).toBeLessThan(6);
  });

  it('with --remote and without a token says which variables and permissions it needs', async () => {
    const nobody = { CLOUDFLARE_API_TOKEN: undefined, HOME: folder, XDG_CONFIG_HOME: folder };
    const { status, stderr } = await marquee('models', ['--remote'], nobody);
    expect(status).toBe(1);
    expect(stderr).toMatch(/CLOUDFLARE_API_TOKEN, a token that may edit Workers R2 Storage, D1 and Workers Scripts/);
    expect(stderr).toContain('CLOUDFLARE_ACCOUNT_ID');
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('whose -- was forgotten, so that npm took them, says where to put it', async () => {
    const { status, stderr } = await marquee('start', [], { npm_config_port: '3000' });
    expect(status).toBe(2);
    expect(stderr).toContain('npm took --port for a flag of its own\nPut -- before the flags: npm run start -- --port');
  });

  it('ends quietly when nobody reads its help to the end', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/train.ts'), '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [said, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ status, said }).toEqual({ status: 0, said: '' });
  });

  it('names the bound of --k, which is the number of movies', async () => {
    const flags = ['--model', model, '--ratings', at('ratings.csv'), '--out', at('none.csv'), '--k', '81'];
    const { status, stderr } = await marquee('recommend', flags);
    expect(status).toBe(2);
    expect(stderr).toContain('--k: got 81, expected a whole number from 1 to 80');
  });
});

describe('bad input', () => {
  const out = () => ['--out', at('never.csv')];

  it.each([
    ['a missing data set', () => ['train', '--data', at('nowhere')], /nowhere.*\nName a path, or one of ml-/],
    [
      'a missing rating file',
      () => ['recommend', '--model', model, '--ratings', at('nowhere'), ...out()],
      /nowhere: no such file or folder\nName /,
    ],
    ['a missing artifact', () => ['publish', '--model', at('nowhere')], /does not exist\nName an artifact folder/],
    [
      'a missing folder to write to',
      () => ['predict', '--model', model, '--pairs', at('ratings.csv'), '--out', at('nowhere/out.csv')],
      /nowhere.out\.csv'\nCheck that the path/,
    ],
    [
      'a report that would be written over its file, before anything is stored',
      () => ['import', at('ratings.csv'), '--user', '1', '--report', at('ratings.csv')],
      /ratings\.csv is the file that is read, and would be written over\nName another file/,
    ],
    [
      'a file where a folder is to be written',
      () => ['train', '--data', at('ratings.csv'), '--out', at('ratings.csv')],
      /ratings\.csv is a file, expected a folder\nName a new folder/,
    ],
  ])('exits with 1 and says how to mend %s', async (_, call, reason) => {
    const [name, ...args] = call();
    const { status, stdout, stderr } = await marquee(name, args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack
  });

  it('names file, line and the expected value of a malformed row', async () => {
    const file = await put('malformed.csv', 'userId,movieId,rating,timestamp\n1,2,4.5,10\n1,three,4,11\n');
    const results = await Promise.all([
      marquee('train', ['--data', file]),
      marquee('predict', ['--model', model, '--pairs', file, ...out()]),
    ]);
    for (const { status, stderr } of results) {
      expect(status).toBe(1);
      expect(stderr).toMatch(/malformed\.csv:3: got .*three.*, expected .*\nMend or delete the line\./);
    }
  });

  it.each([
    [
      'a flipped bit',
      FILES.movies,
      (bytes: Buffer) => bytes.fill(bytes[bytes.length >> 1] ^ 1, bytes.length >> 1, (bytes.length >> 1) + 1),
      /movies\.arrow: got sha256 [0-9a-f]{64}, expected/,
    ],
    [
      'a cut-off file',
      FILES.users,
      (bytes: Buffer) => bytes.subarray(0, 1000),
      /users\.arrow: got 1000 bytes, expected/,
    ],
    ['an empty file', FILES.posterior, () => Buffer.alloc(0), /posterior\.arrow: got 0 bytes, expected/],
    ['a manifest of nothing', FILES.manifest, () => Buffer.alloc(0), /manifest\.json is not JSON/],
  ])('refuses an artifact with %s before using it', async (_, file, damage, reason) => {
    const broken = await copyOfModel(`broken-${file}`);
    await writeFile(join(broken, file), damage(await readFile(join(broken, file))));
    const { status, stderr } = await marquee('predict', ['--model', broken, '--pairs', at('ratings.csv'), ...out()]);
    expect(status).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/copy or publish the version again, roll back, or train anew/);
    expect(await readdir(folder)).not.toContain('never.csv');
  });

  it('does not publish a damaged artifact', async () => {
    const broken = await copyOfModel('unpublished');
    await truncate(join(broken, FILES.users), 10);
    const env = { MARQUEE_STATE: at('untouched') };
    const { status, stderr } = await marquee('publish', ['--model', broken], env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/users\.arrow: got 10 bytes/);
    expect(await readdir(folder)).not.toContain('untouched');
  });
});
