import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES } from '../shared/artifact/schema.ts';
import { MarqueeError } from '../shared/errors.ts';
import { type Artifact, readArtifact, withFile, writeArtifact } from '../trainer/artifact/artifact.ts';
import { cutDataset, parseSplit, type SplitSpec } from '../trainer/data/split-spec.ts';
import { evaluate } from '../trainer/evaluate/evaluate.ts';
import { optionsOf } from '../trainer/models/options.ts';
import { reportData } from '../trainer/report/data.ts';
import { reportPage } from '../trainer/report/page.ts';
import { renderPng } from '../trainer/report/png.ts';
import { bounded, collect, command, number, run } from './lib/cli.ts';
import { requireOut, writeOut } from './lib/out-file.ts';
import { loadWithProgress, trainingProgress } from './lib/progress.ts';
import { addEngineChoice, type EngineFlags, withEngine, withTitles } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly model: string;
  readonly data?: string;
  readonly split: string;
  readonly title: readonly string[];
  readonly distance?: readonly string[];
  readonly png?: boolean;
  readonly dark?: boolean;
  readonly width: number;
  readonly out?: string;
}

const program = addEngineChoice(command('report', 'draws a model and its data as one HTML file that opens offline'))
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--data <set>', 'also train with the same settings on a part of this set, and show the quality on the rest')
  .option('--split <kind>', 'how to split --data; users:0.1 adds the cold-start curve', 'users:0.1')
  .option('--title <title>', 'a movie whose closest ones are listed (repeatable)', collect, [])
  .option('--distance <titles...>', 'state how far apart two movies are')
  .option('--png', 'also write a picture beside the HTML, drawn by Chromium')
  .option('--dark', 'draw the picture in dark mode')
  .option('--width <pixels>', 'width of the picture', number, 900)
  .option('--out <file>', `HTML to write; default report.html in the artifact folder`);

await run<Flags>(program, async (flags) => {
  const { model, title, distance, out } = flags;
  if (distance && distance.length !== 2) {
    throw new MarqueeError('bad-flag', `--distance: got ${distance.length} titles, expected two`);
  }
  const cut = parseSplit(flags.split);
  if (out) await requireOut(out);
  const artifact = await readArtifact(model);
  const evaluation = flags.data ? await measureAgain(artifact, flags.data, cut, flags) : undefined;
  const request = { titles: title, distance: distance as [string, string] | undefined, evaluation };
  const page = reportPage(await reportData(artifact, request));
  const file = out ?? join(model, FILES.report);
  if (out) await writeOut(out, (path) => writeFile(path, page));
  else await writeArtifact(model, withFile(artifact, FILES.report, new TextEncoder().encode(page), 1));
  console.log(file);
  if (!flags.png) return;
  const picture = file.replace(/(\.html)?$/, '.png');
  await writeFile(
    picture,
    await renderPng(page, { dark: flags.dark, width: bounded(flags.width, '--width', 200, 4000) }),
  );
  console.log(picture);
});

/** Quality of a model with the same settings that is trained on a part of the data. */
function measureAgain({ manifest }: Artifact, data: string, cut: SplitSpec, flags: EngineFlags) {
  const options = optionsOf(manifest);
  return withEngine(flags, async (engine) => {
    const dataset = withTitles(await loadWithProgress(data));
    return evaluate(engine, dataset, cutDataset(dataset, cut, options.seed), options, trainingProgress());
  });
}
