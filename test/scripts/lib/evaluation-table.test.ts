import { expect, it } from 'vitest';
import { evaluationTable, type Result } from '../../../scripts/lib/evaluation-table.ts';

const reach = { coverage: 0.1, popularity: 0.9, novelty: 8 };
const list = { 'recall@20': 0.2, 'ndcg@10': 0.1, users: 50, 'distance@10': 0.4, reach };
const next = (hits: number) => ({ 'hr@10': hits, 'ndcg@10': hits / 2, asked: 60 });

const result: Result = {
  ...{ dataset: 'small', split: 'loo', protocol: 'full ranking', trainRatings: 900, testRatings: 60, by: 'blend' },
  metrics: { rmse: 0.9, mae: 0.7, ...list, next: next(0.12) },
  byNext: { next: next(0.28) },
  baselines: { bias: { rmse: 1, mae: 0.8 }, popularity: { ...list, next: next(0.06) } },
  lead: { value: 0.01, error: 0.001 },
  coldStart: [],
  favourites: [],
  ...{ engine: 'js', device: 'cpu', seconds: { train: 1, evaluate: 1 }, config: {} },
};

it('the table has the next film by what is watched next beside the other lists, and no line of it elsewhere', () => {
  const lines = evaluationTable(result).split('\n');
  const at = lines.findIndex((line) => line.startsWith('next film of 60'));
  expect(lines.slice(at + 1, at + 4).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['Marquee', '0.1200', '0.0600'],
    ['Marquee, by next', '0.2800', '0.1400'],
    ['Popularity', '0.0600', '0.0300'],
  ]);
  expect(lines.filter((line) => line.includes('by next'))).toHaveLength(1);
});

it('without such lists the table is as it is', () => {
  const { byNext: _, ...plain } = result;
  const lines = evaluationTable(result).split('\n');
  expect(evaluationTable(plain).split('\n').length).toBe(lines.length - 1);
  expect(evaluationTable(plain)).not.toContain('by next');
});
