import { SingleBar } from 'cli-progress';
import type { Dataset } from '../../trainer/data/dataset.ts';
import type { Progress } from '../../trainer/data/download/progress.ts';
import { loadDataset } from '../../trainer/data/index.ts';
import type { ResolveOptions } from '../../trainer/data/locate.ts';
import type { SweepRow } from '../../trainer/experiments/sweep/row.ts';
import type { SweepProgress } from '../../trainer/experiments/sweep/run.ts';
import type { TrainingStep } from '../../trainer/models/run.ts';

/** What is drawn on the terminal now. */
let bar: SingleBar | null = null;

const WIDTH = 24;

/** Ctrl-C is the commands' own, so that a bar sets nothing on the terminal that would outlive it. */
const LOOK = {
  barsize: WIDTH,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  gracefulExit: false,
  hideCursor: false,
  linewrap: true,
};

/** Begins a bar on stderr, in place of the one before. */
function startBar(format: string, total: number, payload: object, settings: object = {}): SingleBar {
  endProgress();
  bar = new SingleBar({ ...LOOK, format, stream: process.stderr, ...settings });
  bar.start(total, 0, payload);
  return bar;
}

/** Ends the bar, whose timer would keep the process alive. `run` calls it however a command ends. */
export function endProgress(): void {
  bar?.stop();
  bar = null;
}

const isTerminal = (): boolean => process.stderr.isTTY === true;

const BYTES_PER_MB = 1e6;

/** Reads what `--data` names, with a bar while it is downloaded and unpacked: a line every five seconds on no terminal. */
export function loadWithProgress(spec: string): Promise<Dataset> {
  return readWithProgress((options) => loadDataset(spec, options));
}

/** Lets `read` find and read a data set, with the same bar. */
export async function readWithProgress<T>(read: (options: ResolveOptions) => Promise<T>): Promise<T> {
  let label = '';
  const onProgress = ({ phase, file, doneBytes, totalBytes }: Progress) => {
    const total = Math.ceil((totalBytes ?? doneBytes) / BYTES_PER_MB);
    if (label !== `${phase} ${file}`) {
      label = `${phase} ${file}`;
      const format = `${label} {bar} {value}/{total} MB, {eta_formatted} left`;
      startBar(format, total, {}, { noTTYOutput: true, notTTYSchedule: 5000 });
    }
    bar?.setTotal(total);
    bar?.update(Math.ceil(doneBytes / BYTES_PER_MB));
  };
  try {
    return await read({ onProgress, onNote: showNote });
  } finally {
    endProgress();
  }
}

/** Shows what people should know of a file, on stderr. */
export function showNote(note: string): void {
  endProgress();
  console.error(note);
}

/** Shows training as it goes, on stderr: a bar on a terminal, a line a model or epoch elsewhere. */
export function trainingProgress(): (step: TrainingStep) => void {
  return (event) => {
    if (event.step === 'rating') {
      showSweep(event);
    } else if (event.step === 'resume') {
      console.error(`rating model     goes on after sweep ${event.sweep} of ${event.sweeps}`);
    } else if (event.step === 'relevance') {
      console.error('relevance model  solving');
    } else if (event.step === 'chosen') {
      console.error(`relevance model  the very next film counts ${event.nextShare}`);
    } else if (event.step === 'backend') {
      console.error(`gradients        ${event.device}\n${EPOCH_HEADS}`);
    } else if (event.step === 'epoch') {
      console.error(epochRow(event));
    } else if (event.step === 'resume-epochs') {
      console.error(`goes on after epoch ${event.epoch} of ${event.epochs}`);
    }
  };
}

function showSweep({ sweep, sweeps, tau }: TrainingStep & { step: 'rating' }): void {
  const precision = `rating precision ${tau.toFixed(3)}`;
  if (isTerminal()) {
    const format = 'rating model     {bar} sweep {value}/{total}, {precision}';
    bar ??= startBar(format, sweeps, { precision });
    bar.update(sweep, { precision });
  }
  if (sweep < sweeps) return;
  endProgress();
  if (!isTerminal()) console.error(`rating model     ${sweeps} sweeps, ${precision}`);
}

const EPOCH_HEADS = 'epoch     train loss  valid loss      RMSE      time';

function epochRow({ epoch, epochs, trainLoss, validLoss, rmse, seconds }: TrainingStep & { step: 'epoch' }): string {
  const [train, valid, error] = [trainLoss, validLoss, rmse].map((value) => (value === null ? '–' : value.toFixed(4)));
  const count = `${epoch}/${epochs}`.padEnd(8);
  return `${count}${train.padStart(12)}${valid.padStart(12)}${error.padStart(10)}${seconds.toFixed(1).padStart(8)} s`;
}

/** Shows a sweep as it goes, on stderr: a bar over all trials on a terminal, a line a trial elsewhere. */
export function sweepProgress(trials: number): (progress: SweepProgress) => void {
  const live = isTerminal();
  if (live) startBar('{bar} {done}/{total} {name}', trials, { done: 0, name: '' }, { clearOnComplete: true });
  const room = (process.stderr.columns || 80) - WIDTH - ` ${trials}/${trials} `.length - 1;
  return ({ trial, number, event }) => {
    const name = trial.name.slice(0, Math.max(0, room));
    if ('step' in event) bar?.update(number - 1 + shareOf(event.step), { done: number - 1, name });
    else if (live) bar?.update(number, { done: number, name });
    else console.error(`${number}/${trials}  ${trialLine(event.row)}${event.isKept ? ', kept from before' : ''}`);
  };
}

/** How much of a training a step ends, roughly. */
function shareOf(step: TrainingStep): number {
  if (step.step === 'rating') return (0.8 * step.sweep) / step.sweeps;
  if (step.step === 'epoch') return (0.8 * step.epoch) / step.epochs;
  return step.step === 'relevance' || step.step === 'chosen' || step.step === 'export' ? 0.8 : 0;
}

function trialLine({ name, rmse, 'ndcg@10': ndcg, seconds }: SweepRow): string {
  return `${name}: RMSE ${rmse.toFixed(4)}, NDCG@10 ${ndcg.toFixed(4)}, ${seconds.toFixed(1)} s`;
}
