import type { Command } from 'commander';
import { answer } from '../../../scripts/lib/cli.ts';
import { describeMachine } from './machine.ts';

/** How a bench is to print what it measured. */
export interface ReportFlags {
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** A line of a table: cells by column. */
export type ReportRow = Readonly<Record<string, string | number | null | undefined>>;

export function addReportFlags(program: Command): Command {
  return program
    .option('--json', 'print one JSON object')
    .option('--markdown', 'print the tables of test/bench/README.md, with command, machine and date');
}

/**
 * Prints what a bench measured: one JSON object, Markdown, or tables for a terminal.
 *
 * @param notes what a reader must know of the figures: their unit, how many runs they are the median of
 */
export function report(
  { json, markdown }: ReportFlags,
  result: object,
  tables: readonly (readonly object[])[],
  notes: readonly string[],
): void {
  const filled = tables.filter((rows) => rows.length > 0) as ReportRow[][];
  if (json) answer(true, result, '');
  else if (markdown) console.log([...filled.map(markdownTable), caption(notes)].join('\n\n'));
  else {
    for (const rows of filled) console.table(rows);
    console.log([describeMachine(), ...notes].join('\n'));
  }
}

/** A row of cells for each object, under the names of all columns that any of them has. */
export function markdownTable(rows: readonly ReportRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = (value: ReportRow[string]) => String(value ?? '').replaceAll('|', '\\|');
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
  ].join('\n');
}

/** "`npm run bench -- train --size 1m`. medians of 3. 2 × AMD EPYC, node v26.10.0, 30 November 2026." */
function caption(notes: readonly string[]): string {
  const [file, ...flags] = process.argv.slice(1);
  const name = /(\w+)\.ts$/.exec(file)?.[1];
  const command = ['npm run bench --', name, ...flags.filter((flag) => flag !== '--markdown')].join(' ');
  const date = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  return [`\`${command}\``, ...notes, `${describeMachine()}, ${date}`].map((sentence) => `${sentence}.`).join(' ');
}
