import { importOwn } from '../trainer/data/own/import.ts';
import { answer, command, run } from './lib/cli.ts';
import { SCALE_HELP } from './lib/own-catalogue.ts';
import { showNote } from './lib/progress.ts';

interface Flags {
  readonly films: string;
  readonly events: string;
  readonly scale?: string;
  readonly to: string;
  readonly json?: boolean;
}

const FORMS = `
Both files are CSV with a header or JSON lines, gzipped or not, or Parquet. Ids are any text.
  films   id, title; and, where known, year, genres or tags ("a|b"), language, poster, url, available (yes or no)
  events  user, item, rating; or event: liked, watched, skipped; and, where known, weight, time
The folder is a data set for --data. Made again from files that grew, every id keeps its number: keep the folder.`;

const program = command('catalogue', 'makes a data set of films and events of your own, whatever their ids and scale')
  .requiredOption('--films <file>', 'the films')
  .requiredOption('--events <file>', 'what people rated and did')
  .option('--scale <scale>', SCALE_HELP)
  .requiredOption('--to <folder>', 'the folder to make, or to make again')
  .option('--json', 'print one JSON object')
  .addHelpText('after', FORMS);

await run<Flags>(program, async ({ json, ...files }) => {
  const { notes, ...counts } = await importOwn(files);
  for (const note of notes) showNote(note);
  const { films, people, ratings } = counts;
  answer(
    json,
    { folder: files.to, ...counts },
    `${files.to}: ${ratings} ratings by ${people} people of ${films} films`,
  );
});
