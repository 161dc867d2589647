import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { MarqueeError } from '../../shared/errors.ts';
import type { Dataset } from '../../trainer/data/dataset.ts';
import { resolveDataset } from '../../trainer/data/locate.ts';
import { importOwn } from '../../trainer/data/own/import.ts';
import { SCALES } from '../../trainer/data/own/scale.ts';
import { loadWithProgress, showNote } from './progress.ts';
import { placeOf } from './state.ts';

/** A data set, or films and events of one's own. */
export interface CatalogueFlags {
  readonly catalogue?: string;
  readonly scale?: string;
}

export const SCALE_HELP = `of ratings that are no half stars: ${SCALES.join(', ')}`;

export function addCatalogueFlags(program: Command): Command {
  return program
    .option(
      '--catalogue <file>',
      'a film file of your own, CSV, JSON lines or Parquet; --data is then the file of your events',
    )
    .option('--scale <scale>', `with --catalogue, ${SCALE_HELP}`);
}

/**
 * The data set that `--data` names. With `--catalogue` it is made first (`npm run catalogue`), beside the state of the
 * events, where the numbers of ids stay.
 *
 * @param numbered films that got a number elsewhere
 */
export async function loadAsked(
  data: string,
  { catalogue, scale }: CatalogueFlags,
  numbered?: Iterable<readonly [string, number]>,
): Promise<Dataset> {
  if (catalogue === undefined) {
    if (scale !== undefined) throw new MarqueeError('bad-flag', '--scale belongs to --catalogue');
    return loadWithProgress(data);
  }
  const to = join(placeOf(resolve(data)).state, 'catalogue');
  const { ratings: events } = await resolveDataset(data);
  const { notes } = await importOwn({ films: catalogue, events, scale, to, numbered });
  for (const note of notes) showNote(note);
  return { ...(await loadWithProgress(to)), name: basename(resolve(data)) };
}
