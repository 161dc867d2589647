import Table from 'cli-table3';

/** No lines: columns are two spaces apart. */
const SIDES = ['top', 'bottom', 'left', 'right', 'mid'];
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CROSSINGS = ['left-mid', 'mid-mid', 'right-mid'];
const NO_LINES = {
  ...Object.fromEntries([...SIDES, ...CORNERS, ...CROSSINGS].map((place) => [place, ''])),
  middle: '  ',
};

/**
 * Rows of cells as lines of text: names, in the first column, to the left, figures to the right.
 *
 * @param rows the head first, where there is one; all of one length
 */
export function textTable(rows: readonly (readonly (string | undefined)[])[]): string[] {
  const table = new Table({
    chars: NO_LINES,
    colAligns: rows[0].map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((cells) => cells.map((cell) => cell ?? '')));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
