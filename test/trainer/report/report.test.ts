import { beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { FIRST_PERSON } from '../../../shared/ratings/people.ts';
import { type Artifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Movie } from '../../../trainer/data/dataset.ts';
import { splitDataset } from '../../../trainer/data/split.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { evaluate } from '../../../trainer/evaluate/evaluate.ts';
import { random, STREAMS } from '../../../trainer/math/random.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { attachReport } from '../../../trainer/report/attach.ts';
import { reportData } from '../../../trainer/report/data.ts';
import { findMovie } from '../../../trainer/report/find-movie.ts';
import { overlap, placeLabels } from '../../../trainer/report/labels.ts';
import { reportPage } from '../../../trainer/report/page.ts';
import { train } from '../../../trainer/train/train.ts';
import { ARROW_FILES } from '../../fixtures/artifact-files.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';
import { movieTable } from '../../fixtures/model.ts';

describe('placeLabels', () => {
  const area = { x: 0, y: 0, width: 720, height: 600 };

  it('places 40 labels in a dense crowd without overlaps, inside the area and off the points', () => {
    const source = random(3, STREAMS.synthetic);
    const anchors = Array.from({ length: 40 }, (_, n) => ({
      x: 360 + 60 * source.normal(),
      y: 300 + 60 * source.normal(),
      text: 'A film of some length'.slice(0, 6 + (n % 15)),
    }));
    const labels = placeLabels(anchors, { area, fontSize: 11 });
    expect(labels).toHaveLength(40);
    for (const [n, { box }] of labels.entries()) {
      for (const other of labels.slice(n + 1)) expect(overlap(box, other.box)).toBe(false);
      for (const [at, { x, y }] of anchors.entries()) {
        if (at !== n) expect(overlap(box, { x: x - 1, y: y - 1, width: 2, height: 2 })).toBe(false);
      }
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(720);
      expect(box.y + box.height).toBeLessThanOrEqual(600);
    }
  });

  it('gives the first of two equal points the nearer label, and leaves out a label without room', () => {
    const [first, second] = placeLabels(
      [
        { x: 100, y: 100, text: 'first' },
        { x: 100, y: 100, text: 'second' },
      ],
      { area, fontSize: 10 },
    );
    const away = ({ box }: typeof first) => Math.hypot(box.x - 100, box.y - 100);
    expect(away(first)).toBeLessThan(away(second));
    const narrow = { area: { x: 0, y: 0, width: 30, height: 12 }, fontSize: 10 };
    expect(placeLabels([{ x: 5, y: 6, text: 'far too long for that' }], narrow)).toEqual([]);
  });
});

describe('findMovie', () => {
  const movies = movieTable(['Alien', 'Aliens', 'Été, L’', 'Matrix, The', 'Alien'], {
    ratingCounts: Int32Array.of(5, 90, 1, 7, 8),
    years: Int16Array.of(1979, 1986, 2000, 1999, 2020),
  });

  it('prefers a whole title to a part, uses a given year, and else takes the most rated movie', () => {
    expect(findMovie(movies, 'alien')).toBe(4);
    expect(findMovie(movies, 'Alien (1979)')).toBe(0);
    expect(findMovie(movies, 'the matrix')).toBe(3);
    expect(findMovie(movies, 'LIEN')).toBe(1);
    expect(() => findMovie(movies, 'Solaris')).toThrow(/no movie with "Solaris" in its title/);
  });
});

describe('a report', () => {
  const ratings = lowRank(60, 80, 0.5);
  const movies = new Map(
    Array.from({ length: 80 }, (_, m): [number, Movie] => [
      m + 1,
      {
        movieId: m + 1,
        title: m === 3 ? '<script>alert("4")</script> & Sons' : `Film ${m + 1}`,
        year: 1990,
        genres: [],
      },
    ]),
  );
  let artifact: Artifact;
  let html: string;

  beforeAll(async () => {
    const engine = await openEngine('js', { threads: 1 });
    const options = resolveOptions({ factors: 3, relevanceFactors: 4, sweeps: 5 });
    const dataset = datasetOf(ratings, movies);
    const trained = await train(engine, dataset, options);
    const evaluation = await evaluate(engine, dataset, splitDataset(dataset, 'users', 0.2, 1), options);
    await engine.close();
    artifact = await attachReport(trained, evaluation);
    html = new TextDecoder().decode(artifact.files.get(FILES.report));
  });

  it('is a file of the artifact and has every section', () => {
    expect(artifact.manifest.files.map(({ name }) => name)).toEqual([...ARROW_FILES, FILES.report]);
    const heads = Array.from(html.matchAll(/<h2>(.*?)<\/h2>/g), ([, title]) => title);
    expect(heads).toEqual([
      'How good it is',
      'Movie map',
      'Highest and lowest bias',
      'Closest movies',
      'Ratings',
      'The busiest users and movies',
      'Predicted against actual',
      'Learning',
      'Settings',
    ]);
    for (const size of ['wide', 'narrow'])
      expect(html.match(new RegExp(`<div class="${size}"><svg`, 'g'))).toHaveLength(8); // the cold-start curves two, learning two
    expect(html.match(/<svg/g)).toHaveLength(16);
    expect(html).toMatch(/<dt>sweeps<\/dt><dd>5<\/dd>/);
    expect(html).toMatch(/Measured users:0\.2; clipped/);
  });

  it('loads nothing else and runs no script', () => {
    expect(html).not.toMatch(/<(script|link|img|iframe|object)\b/);
    expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import/);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:/);
    expect(html).toContain('&lt;script&gt;');
  });

  it('has no style within its content, so that a page with a strict policy can show it', () => {
    const content = /<main class="report">(.*)<\/main>/s.exec(html)![1];
    expect(content).not.toMatch(/<style|\sstyle=/);
  });

  it('says the title of each movie on the map to a pointer', () => {
    const [map] = html.split('<h2>Movie map</h2>')[1].split('</svg>');
    expect(map.match(/<circle/g)).toHaveLength(80);
    expect(map.match(/<title>[^<]+: \d+ ratings<\/title>/g)).toHaveLength(80);
    expect(map).toContain('<title>Film 7: ');
  });

  it('names movies in all parts of the map', async () => {
    const { map } = await reportData(artifact);
    const named = map.filter(({ rank }) => rank !== null);
    for (const axis of ['x', 'y'] as const) {
      const middle = map.map((point) => point[axis]).sort((a, b) => a - b)[40];
      expect(Math.abs(named.filter((point) => point[axis] < middle).length - 20)).toBeLessThanOrEqual(2);
    }
  });

  it('counts every rating and shows the numbers of the model', async () => {
    const data = await reportData(artifact, { titles: ['Film 7'], distance: ['Film 7', 'Film 8'] });
    expect(data.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(ratings.count);
    for (const { stars, count } of data.histogram) expect(count).toBe(ratings.stars.filter((s) => s === stars).length);
    const { biases, ratingCounts } = openArtifact(artifact).movies;
    expect(ratingCounts.every((n) => n >= 10)).toBe(true);
    expect(data.highest[0].value).toBe(Math.max(...biases));
    expect(data.lowest[0].value).toBe(Math.min(...biases));
    expect(data.map.filter(({ rank }) => rank !== null)).toHaveLength(40);
    expect(data.closest.map(({ movie, items }) => [movie.name, items.length])).toEqual([['Film 7 (1990)', 6]]);
    expect(data.distance).toMatchObject({ a: { name: 'Film 7 (1990)' }, b: { name: 'Film 8 (1990)' } });
    expect(reportPage(data)).toMatch(/<strong>Film 7 \(1990\)<\/strong> and .* apart/);
    const errors = data.sample.map(({ actual, predicted }) => (actual - predicted) ** 2);
    expect(data.sample.length).toBe(ratings.count); // few enough to show all
    expect(Math.sqrt(errors.reduce((sum, e) => sum + e, 0) / errors.length)).toBeCloseTo(
      artifact.manifest.metrics.rmse!,
      1,
    );
  });

  it('does not show the ratings of people who came to the page', async () => {
    const { busiest } = await reportData(artifact);
    expect(busiest.users).toHaveLength(12);
    const engine = await openEngine('js', { threads: 1 });
    const userIds = ratings.userIds.map((userId) => userId + (userId > 5 ? FIRST_PERSON : 0));
    const options = resolveOptions({ factors: 3, relevanceFactors: 4, sweeps: 2 });
    const visited = await train(engine, datasetOf({ ...ratings, userIds }, movies), options);
    await engine.close();
    const data = await reportData(visited);
    expect([...data.busiest.users].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(reportPage(data)).not.toMatch(/10000000\d\d/);
    expect(reportPage({ ...data, busiest: { users: [], movies: [], cells: [] } })).toContain('The busiest users');
  });

  it('shows what a model that started from another learned before, and no curve of a single point', async () => {
    const engine = await openEngine('js', { threads: 1 });
    const options = resolveOptions({ factors: 3, relevanceFactors: 4, sweeps: 2 });
    const from = artifact;
    const retrained = await train(engine, datasetOf(ratings, movies), options, undefined, { from });
    const cold = await train(engine, datasetOf(ratings, movies), options);
    await engine.close();
    const steps = async (model: Artifact) => (await reportData(model)).learning.map(({ step }) => step);
    expect(await steps(retrained)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(retrained.manifest.sweeps!.slice(0, 5)).toEqual(artifact.manifest.sweeps);
    expect(await steps(cold)).toEqual([1, 2]);
    const html = reportPage(await reportData(cold)); // its RMSE is known after the second sweep alone
    expect(html).toContain('aria-label="precision of a rating, 1/stars²"');
    expect(html).toContain('aria-label="RMSE, MAE"'); // lists were not measured: no empty columns
    expect(html).not.toContain('aria-label="Error by sweep or epoch"');
  });

  it('labels a scale of nearly equal numbers shortly, and steps by whole numbers', async () => {
    const data = await reportData(artifact);
    const learning = [1, 2, 3].map((step) => ({ step, tau: 1.3740264 + step * 1e-7, trainRmse: 0.85 }));
    const chart = reportPage({ ...data, learning }).split('aria-label="precision of a rating, 1/stars²"')[1];
    const labels = [...chart.split('</svg>')[0].matchAll(/<text[^>]*>([\d.]+)<\/text>/g)].map(([, text]) => text);
    expect(Math.max(...labels.map(({ length }) => length))).toBeLessThanOrEqual(5);
    expect(labels.filter((text) => ['1', '2', '3'].includes(text))).toEqual(['1', '2', '3']);
  });

  it('shows the course of training by sweeps or by epochs', async () => {
    const { learning } = await reportData(artifact);
    expect(learning.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(learning[4].trainRmse).toBeCloseTo(1 / Math.sqrt(artifact.manifest.tau), 6);
    const epoch = { epoch: 1, trainLoss: 0.9, validLoss: 0.8, rmse: 0.9, rate: 0.005, seconds: 1 };
    const manifest = { ...artifact.manifest, epochs: [epoch, { ...epoch, epoch: 2, validLoss: null }] };
    const html = reportPage(await reportData({ ...artifact, manifest }));
    expect(html).toMatch(/ loss</);
    expect(html).toMatch(/aria-label="learning rate"/);
  });
});
