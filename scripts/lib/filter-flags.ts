import type { Command } from 'commander';
import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
import { FILTERS, type MovieFilter } from '../../shared/filters/movie-filters.ts';
import { collect } from './cli.ts';

/** Adds a flag for every filter: `--genre`, `--year-from`, … */
export function addFilterFlags(program: Command): Command {
  for (const { name, schema } of FILTERS) {
    const { type, description = '' } = z.toJSONSchema(schema, { io: 'input' });
    const help = description.replace(/\.$/, '');
    if (type === 'array') program.option(`${flagOf(name)} <value>`, `${help} (repeatable)`, collect);
    else program.option(`${flagOf(name)} <${type}>`, help);
  }
  return program;
}

/** The filter among a command's options. Throws `bad-flag`. */
export function filterFlags(options: Readonly<Record<string, unknown>>): MovieFilter {
  return Object.fromEntries(
    FILTERS.map(({ name, schema }) => {
      const { data, error } = schema.safeParse(options[name]);
      if (error === undefined) return [name, data];
      const got = JSON.stringify(options[name]);
      throw new MarqueeError('bad-flag', `${flagOf(name)}: got ${got}. ${error.issues[0].message}`);
    }),
  );
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
