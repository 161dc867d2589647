import { expect, it } from 'vitest';
import { textTable } from '../../../scripts/lib/table.ts';

it('aligns names to the left and figures to the right, without lines or trailing blanks', () => {
  const rows = [
    ['', 'RMSE', 'NDCG@10'],
    ['Marquee', '0.84', '0.1988'],
    ['Bias', '0.9', undefined],
  ];
  expect(textTable(rows)).toEqual(['         RMSE  NDCG@10', 'Marquee  0.84   0.1988', 'Bias      0.9']);
});

it('leaves bars and signs inside a cell as they are', () => {
  expect(textTable([['a | b', '± 0.1']])).toEqual(['a | b  ± 0.1']);
});
