import { expect, it } from 'vitest';
import { markdownTable } from './report.ts';

it('a Markdown table has the columns of all rows in the order of their first mention, and empty cells for what is missing', () => {
  expect(
    markdownTable([
      { size: '100k', seconds: 1.5 },
      { size: '1m', seconds: null, note: 'a|b' },
    ]),
  ).toBe(['| size | seconds | note |', '| --- | --- | --- |', '| 100k | 1.5 |  |', '| 1m |  | a\\|b |'].join('\n'));
});
