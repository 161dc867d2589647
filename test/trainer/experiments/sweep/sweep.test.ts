import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, Movie } from '../../../../trainer/data/dataset.ts';
import { type Split, splitDataset } from '../../../../trainer/data/split.ts';
import type { Engine } from '../../../../trainer/engines/engine.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { paretoFront } from '../../../../trainer/experiments/sweep/charts.ts';
import { expandGrid, trialId } from '../../../../trainer/experiments/sweep/grid.ts';
import { overlap } from '../../../../trainer/experiments/sweep/lists.ts';
import { sweepPage } from '../../../../trainer/experiments/sweep/page.ts';
import type { SweepRow } from '../../../../trainer/experiments/sweep/row.ts';
import { type SweepProgress, sweep } from '../../../../trainer/experiments/sweep/run.ts';
import { datasetOf, ratingsOf } from '../../../fixtures/datasets.ts';
import { GROUPS, groupOfMovie, groupOfUser, movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { noTensorflow } from '../../../optional-parts.ts';

describe('expandGrid', () => {
  it('gives every combination, with a setting only on the rows of models that have it', () => {
    const trials = expandGrid(['vb', 'dot'], { factors: [3, 7], epochs: [2, 4], sweeps: [5] });
    expect(trials.map(({ name }) => name)).toEqual([
      ...['vb, factors 3', 'vb, factors 7'],
      ...[
        'dot, factors 3, epochs 2',
        'dot, factors 3, epochs 4',
        'dot, factors 7, epochs 2',
        'dot, factors 7, epochs 4',
      ],
    ]);
    expect(trials[0].options).toMatchObject({ model: 'vb', factors: 3, sweeps: 5 });
    expect(trials[0].options.gradient).toBeUndefined();
    expect(trials[5].options).toMatchObject({ model: 'dot', factors: 7, gradient: { epochs: 4, valid: 0 } });
  });

  it('gives no combination twice, and refuses settings that no model has or that are out of bounds', () => {
    expect(expandGrid(['vb', 'vb'], { factors: [3, 3] })).toHaveLength(1);
    expect(() => expandGrid(['vb'], { batchSize: [64] })).toThrow(/--batch-size belongs to --model dot and neural/);
    expect(() => expandGrid(['dot'], { factors: [3, 0] })).toThrow(/factors/);
  });

  it('identifies a trial by settings, data and split, not by the rest of the grid', () => {
    const [few, more] = [expandGrid(['vb'], { factors: [3] }), expandGrid(['dot', 'vb'], { factors: [7, 3] })];
    expect(trialId(few[0], 'a', 'random:0.2')).toBe(trialId(more[3], 'a', 'random:0.2'));
    const ids = [
      trialId(more[2], 'a', 'random:0.2'),
      trialId(more[3], 'b', 'random:0.2'),
      trialId(more[3], 'a', 'last:0.2'),
    ];
    expect(new Set([trialId(few[0], 'a', 'random:0.2'), ...ids]).size).toBe(4);
  });
});

describe('a comparison of settings', () => {
  it('has on its Pareto front what no other setting beats in less time', () => {
    const at = (name: string, seconds: number, value: number) => ({ name, model: 'vb', seconds, value });
    const points = [
      at('slow, best', 9, 0.8),
      at('quick', 1, 1),
      at('beaten', 5, 0.95),
      at('middle', 4, 0.9),
      at('as good, later', 6, 0.9),
    ];
    expect(paretoFront(points, 'lower').map(({ name }) => name)).toEqual(['quick', 'middle', 'slow, best']);
    expect(paretoFront(points, 'higher').map(({ name }) => name)).toEqual(['quick']);
  });

  it('counts the common movies of two lists, in any order', () => {
    expect(overlap([[1, 2, 3, 4]], [[4, 3, 2, 1]])).toBe(1);
    expect(
      overlap(
        [
          [1, 2],
          [3, 4],
        ],
        [
          [2, 9],
          [7, 8],
        ],
      ),
    ).toBe(0.25);
    expect(overlap([[1, 2, 3, 4]], [[1]])).toBe(0.25);
  });
});

/** Users love their own group, whose movies are of one decade, and rated two thirds of all. */
function plantedWorld(): Dataset {
  const [users, movies] = [48, 120];
  const rows = Array.from({ length: users * movies }, (_, i): [number, number, number, number] => {
    const [userId, movieId] = [userIdOf(Math.floor(i / movies)), movieIdOf(i % movies)];
    return [userId, movieId, groupOfUser(userId) === groupOfMovie(movieId) ? 5 : 1, 1e9 + i];
  }).filter((_, i) => (i * 7 + Math.floor(i / movies)) % 3 > 0);
  const about = Array.from({ length: movies }, (_, row): [number, Movie] => {
    const movieId = movieIdOf(row);
    const group = groupOfMovie(movieId);
    return [movieId, { movieId, title: `Film ${row}`, year: 1960 + 10 * group, genres: [GROUPS[group]] }];
  });
  return datasetOf(ratingsOf(rows), new Map(about));
}

describe.skipIf(noTensorflow)('a sweep over data with a known answer', () => {
  const trials = expandGrid(['vb', 'dot'], {
    factors: [4, 8],
    relevanceFactors: [8],
    sweeps: [6],
    epochs: [3],
    backend: ['wasm'],
    blend: [1],
  });
  let [dataset, split]: [Dataset, Split] = [undefined!, undefined!];
  let engine: Engine;
  let [folder, csv, html] = ['', '', ''];
  let rows: readonly SweepRow[];

  beforeAll(async () => {
    dataset = plantedWorld();
    split = splitDataset(dataset, 'random', 0.2, 1);
    engine = await openEngine('js', { threads: 1 });
    folder = await mkdtemp(join(tmpdir(), 'marquee-sweep-'));
    const found = await sweep(engine, dataset, split, trials, folder);
    rows = found.rows;
    [csv, html] = [await readFile(found.files.csv, 'utf8'), await readFile(found.files.html, 'utf8')];
  });
  afterAll(() => engine.close());

  it('trains nothing twice, and writes the same CSV', async () => {
    const events: SweepProgress['event'][] = [];
    const { files } = await sweep(engine, dataset, split, trials, folder, ({ event }) => events.push(event));
    expect(events.map((event) => 'isKept' in event && event.isKept)).toEqual([true, true, true, true]);
    expect(await readFile(files.csv, 'utf8')).toBe(csv);
    expect(await readFile(files.html, 'utf8')).toBe(html);
  });

  it('trains only the additional settings of a larger grid', async () => {
    const larger = expandGrid(['vb'], { factors: [4, 5], relevanceFactors: [8], sweeps: [6], blend: [1] });
    const steps: string[] = [];
    const { files } = await sweep(engine, dataset, split, larger, folder, ({ trial, event }) => {
      if ('step' in event) steps.push(trial.name);
    });
    expect(new Set(steps)).toEqual(new Set(['vb, factors 5']));
    const [, kept] = (await readFile(files.csv, 'utf8')).split('\n');
    expect(kept.split(',')[0]).toBe(rows[0].id);
  });

  it('writes a row for each trial, with an empty cell where a model lacks the setting', () => {
    const [head, ...lines] = csv
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(
      lines.map((cells) => [
        cells[head.indexOf('model')],
        cells[head.indexOf('factors')],
        cells[head.indexOf('epochs')],
      ]),
    ).toEqual([
      ['vb', '4', ''],
      ['vb', '8', ''],
      ['dot', '4', '3'],
      ['dot', '8', '3'],
    ]);
    expect(lines.map((cells) => Number(cells[head.indexOf('rmse')]))).toEqual(
      rows.map(({ rmse }) => Number(rmse.toFixed(6))),
    );
  });

  it('ranks the movies of a user’s own group first for any number of factors', () => {
    const [four, eight] = rows;
    expect(four.rmse).toBeLessThan(0.3);
    // A user has about ten unrated movies of the own group, all of which both settings list before anything else.
    for (const [u, list] of four.lists.stars.entries()) {
      const groups = list.map(groupOfMovie);
      const ofOwnGroup = groups.filter((group) => group === groups[0]).length;
      expect(ofOwnGroup).toBeGreaterThanOrEqual(8);
      expect(groups.slice(0, 8).every((group) => group === groups[0])).toBe(true);
      expect(eight.lists.stars[u].map(groupOfMovie).slice(0, 8)).toEqual(groups.slice(0, 8));
    }
    expect(overlap(four.lists.stars, eight.lists.stars)).toBeGreaterThan(0.4);
    expect(four.lists.served).toEqual(four.lists.stars); // the blend is 1
  });

  it('shows the Pareto front, the overlap and the years, and loads nothing else', () => {
    const shown = [
      { ...rows[0], name: 'quick', seconds: 1, rmse: 0.9, lists: { served: [[1, 2, 3, 4]], stars: [[1, 2]] } },
      { ...rows[1], name: 'slow', seconds: 5, rmse: 0.8, lists: { served: [[1, 2, 8, 9]], stars: [[1, 2]] } },
      { ...rows[2], name: 'beaten', seconds: 6, rmse: 0.85, lists: { served: [[5, 6, 7, 9]], stars: [[3, 4]] } },
    ];
    const page = sweepPage(dataset, split.name, shown);
    expect(page).toContain(
      'Pareto front, no other is as good in less time: quick (0.9000 in 1.0 s); slow (0.8000 in 5.0 s).',
    );
    const texts = Array.from(page.matchAll(/>(\d+%)</g), ([, text]) => text);
    expect(texts).toEqual([
      '100%',
      '50%',
      '0%',
      '50%',
      '100%',
      '25%',
      '0%',
      '25%',
      '100%',
      ...['100%', '100%', '0%'],
      ...['100%', '100%', '0%', '0%', '0%', '100%'],
    ]);
    for (const text of [page, html]) {
      expect(text.match(/<svg/g)).toHaveLength(5);
      expect(text).not.toMatch(/<(script|link|img|iframe|object)\b/);
      expect(text.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:|(src|href)=/);
    }
    expect(html).toContain('dot, factors 8');
  });
});
