import { html } from 'hono/html';
import {
  coldStartChart,
  crossTabChart,
  histogramChart,
  learningChart,
  predictionChart,
  seriesChart,
} from './charts.ts';
import type { MovieLine, ReportData, Round } from './data.ts';
import { count, figure, type Html, pageOf, section, table } from './html.ts';
import { movieMap } from './movie-map.ts';

/** A report as one HTML file that loads nothing else. */
export function reportPage(data: ReportData): string {
  const { dataset, version, engine, device, seconds, factors, relevanceFactors } = data.manifest;
  const facts = [
    `${count(dataset.ratings)} ratings`,
    `${count(dataset.users)} users`,
    `${count(dataset.movies)} movies`,
    `${factors} + ${relevanceFactors} factors`,
    `trained in ${seconds.toFixed(1)} s by ${engine} (${device})`,
  ];
  return pageOf(`Marquee: ${dataset.name}`, [
    html`<header><h1>${dataset.name}</h1><p>${facts.join(' · ')}</p><p class="soft">model ${version}</p></header>`,
    section('How good it is', metricsTable(data), ...coldStart(data)),
    section(
      'Movie map',
      figure(
        movieMap(data.map),
        `The ${count(data.map.length)} most rated movies by the first two principal axes of their factors: movies near each other are rated alike. Larger dots have more ratings; named is the most rated movie of each part. A pointer that rests on a dot shows its title; a phone shows the 500 most rated.`,
      ),
    ),
    section(
      'Highest and lowest bias',
      html`<div class="columns">${list('Liked most, other things equal', data.highest, signed)}${list('Liked least', data.lowest, signed)}</div>`,
    ),
    section(
      'Closest movies',
      html`<div class="columns">${data.closest.map(({ movie, items }) => list(movie.name, items, (value) => value.toFixed(2)))}</div>`,
      ...distance(data),
    ),
    section('Ratings', figure(histogramChart(data.histogram), 'How often each number of stars was given.')),
    section(
      'The busiest users and movies',
      figure(
        crossTabChart(data.busiest),
        'Stars that the most active users gave to the most rated movies; the model predicts the empty places.',
      ),
    ),
    section(
      'Predicted against actual',
      figure(
        predictionChart(data.sample),
        `Predictions for ${count(data.sample.length)} training ratings by their actual stars: quartiles, whiskers and outliers. The short line marks the actual stars; predictions lean to the middle because they are means.`,
      ),
    ),
    ...learning(data),
    section('Settings', settings(data)),
  ]);
}

function metricsTable({ metrics }: ReportData): Html {
  const digits = (value: number | undefined) => value?.toFixed(4);
  const { rmse, mae, baselines } = metrics;
  const bias = baselines?.bias;
  const popular = baselines?.popularity;
  const rows = [
    ['Marquee', digits(rmse), digits(mae), digits(metrics['ndcg@10']), digits(metrics['recall@20'])],
    ...(bias ? [['Bias', digits(bias.rmse), digits(bias.mae)]] : []),
    ...(popular ? [['Popularity', '', '', digits(popular['ndcg@10']), digits(popular['recall@20'])]] : []),
  ];
  return html`${table(['', 'RMSE', 'MAE', 'NDCG@10', 'Recall@20'], rows)}<p class="soft">Measured ${metrics.protocol}.</p>`;
}

function coldStart({ coldStart: points }: ReportData): Html[] {
  if (points.length === 0) return [];
  return [
    figure(
      coldStartChart(points, 'RMSE', (p) => ({ mine: p.metrics.rmse, baseline: p.baselines.bias.rmse }), 'Bias'),
      'Error for users whom training did not see, after their first ratings: lower is better.',
    ),
    figure(
      coldStartChart(
        points,
        'NDCG@10',
        (p) => ({ mine: p.metrics['ndcg@10'], baseline: p.baselines.popularity['ndcg@10'] }),
        'Popularity',
      ),
      'Quality of their lists: higher is better.',
    ),
  ];
}

function learning({ learning: rounds }: ReportData): Html[] {
  if (rounds.length < 2) return [];
  const has = (name: keyof Round) => rounds.filter((round) => round[name] !== undefined).length > 1; // a point is no curve
  return [
    section(
      'Learning',
      ...(has('trainRmse') || has('trainLoss')
        ? [
            figure(
              learningChart(rounds),
              'Error on the training ratings after each sweep or epoch, those of the versions that this one started from included. For sweeps it includes the uncertainty of the factors.',
            ),
          ]
        : []),
      ...(has('tau')
        ? [figure(seriesChart(rounds, 'tau', 'precision of a rating, 1/stars²'), 'The learned precision of a rating.')]
        : []),
      ...(has('learningRate') ? [figure(seriesChart(rounds, 'learningRate', 'learning rate'), 'Learning rate.')] : []),
    ),
  ];
}

function distance({ distance: found }: ReportData): Html[] {
  if (!found) return [];
  const { a, b, alike } = found;
  return [
    html`<p class="distance"><strong>${a.name}</strong> and <strong>${b.name}</strong> lie <strong>${(1 - alike).toFixed(2)}</strong> apart (likeness ${alike.toFixed(2)}; 0 apart is the same movie, 1 nothing in common).</p>`,
  ];
}

function settings({ manifest: { config, dataset, createdAt, blend } }: ReportData): Html {
  const rows = Object.entries({
    ...config,
    blend,
    data: dataset.name,
    'data sha256': dataset.sha256.slice(0, 16),
    created: createdAt,
  });
  const textOf = (value: unknown) => (typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value));
  return html`<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${textOf(value)}</dd></div>`)}</dl>`;
}

function list(title: string, lines: readonly MovieLine[], figureOf: (value: number) => string): Html {
  const items = lines.map(
    ({ name, value }) => html`<li><span>${name}</span><span class="number">${figureOf(value)}</span></li>`,
  );
  return html`<div><h3>${title}</h3><ol>${items}</ol></div>`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
