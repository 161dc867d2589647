import { MarqueeError } from '../../shared/errors.ts';
import type { Dataset } from './dataset.ts';
import { leaveOneOut } from './leave-one-out.ts';
import { type Split, type SplitKind, splitDataset } from './split.ts';
import { type Cut, splitWhen } from './split-when.ts';

/** How to cut a data set: what "users:0.1", "loo" and "when:2000-12-01" say. */
export type SplitSpec =
  | { readonly kind: SplitKind; readonly share: number }
  | { readonly kind: 'loo' }
  | { readonly kind: 'when'; readonly name: string; readonly cut: Cut };

/** The forms of `--split`, for help and messages. */
export const SPLIT_FORMS = 'random:0.1, time:0.1, last:0.2, users:0.1, loo, when:0.1, when:2000-12-01';

/** Parses "random:0.1". Throws `bad-flag`, which lists the forms. */
export function parseSplit(text: string): SplitSpec {
  if (text === 'loo') return { kind: 'loo' };
  const [kind, value] = /^(random|time|last|users|when):(.+)$/.exec(text)?.slice(1) ?? [];
  const share = /^0?\.\d+$/.test(value) ? Number(value) : 0;
  if (share > 0) return kind === 'when' ? { kind, name: text, cut: { share } } : { kind: kind as SplitKind, share };
  const from = kind === 'when' ? midnight(value) : null;
  if (from !== null) return { kind: 'when', name: text, cut: { from } };
  throw new MarqueeError('bad-flag', `--split: got "${text}", expected ${SPLIT_FORMS} or u1 to u5`);
}

/** The first second (UTC) of a day such as "2000-12-01"; null where there is no such day. */
function midnight(text: string): number | null {
  const time = Date.parse(`${text}T00:00:00Z`);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && time > 0 && new Date(time).toISOString().startsWith(text);
  return isDay ? time / 1000 : null;
}

/** Cuts a data set as `--split` says. @param seed of the kinds that draw: `random` and `users` */
export function cutDataset(dataset: Dataset, spec: SplitSpec, seed: number): Split {
  if (spec.kind === 'loo') return leaveOneOut(dataset);
  if (spec.kind === 'when') return splitWhen(dataset, spec.name, spec.cut);
  return splitDataset(dataset, spec.kind, spec.share, seed);
}
