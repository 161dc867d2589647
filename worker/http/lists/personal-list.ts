import type { Context } from 'hono';
import type { ServedVersion } from '../../version/served-version.ts';
import { isOfRatings, ratedSince, type UserSources } from '../../version/taste-of.ts';
import { listableVersion, nextFor, servedVersion } from '../answering-version.ts';
import type { AppEnv } from '../app-env.ts';
import { readerOf } from '../identity/auth.ts';
import { completeMarks, nobodysMarks } from '../marks.ts';
import { now } from '../now.ts';
import { tasteFrom } from '../person.ts';
import { sourcesOf } from '../stored-ratings.ts';
import { during, noteList } from '../traffic/trace.ts';
import { assignedTo } from './arm.ts';
import { type Exploration, explorationOf } from './exploration.ts';
import type { AskedShape } from './list-shape.ts';
import { logList } from './log-list.ts';
import { nameOfOrdering, orderingOf } from './ordering.ts';
import { pinnedList } from './pinned.ts';
import type { recommendations } from './recommendations.ts';

/** What a list for one person is asked for by. */
type AskedList = AskedShape &
  Omit<Parameters<typeof tasteFrom>[2], 'now'> &
  Parameters<typeof recommendations>[2] & {
    readonly user?: number;
    readonly among?: 'watchlist';
    readonly explore?: number;
  };

/** The list for one person, and the version that made it. */
export async function personalList(c: Context<AppEnv>, named: AskedList) {
  const user = await readerOf(c, named.user);
  const inExperiment = named.profile === undefined ? user : null; // a profile is nobody's own taste
  const { experiment, arm, settings, version: beside } = await assignedTo(c, inExperiment, Object.keys(c.req.query()));
  const asked = { ...named, ...settings };
  const exploration = explorationFor(c, asked, user);
  const explored = exploration?.explored ?? false;
  const { version, sources } = await versionFor(c, asked, user, { beside, explored });
  const taste = await during(c, 'fold-in', () => tasteFrom(version, sources, { ...asked, now: now(c) }));
  const choice = asked.among ? watchlistOf(user, sources) : {};
  const next = await nextFor(c, version, asked);
  const ordering = nameOfOrdering(orderingOf({ ...asked, next }, version.model.manifest.blend));
  const drawn = explored ? { drawnBy: exploration?.seed } : {};
  const whole = { ...asked, ...choice, ...drawn, next };
  const { list: made, first } = await during(c, 'rank', () => pinnedList(version, taste, whole));
  noteList(c, made);
  const list = { user, ...made };
  return { version, experiment, arm, ordering, explored, probability: exploration?.probability ?? null, first, list };
}

/** Only a list of somebody's own taste explores, and only where nothing else is to put it in order. */
function explorationFor(c: Context<AppEnv>, asked: AskedExploration, user: number | null): Exploration | null {
  const { profile, among, diversity, explore = Number(c.env.EXPLORE ?? 0) } = asked;
  if (user === null || profile !== undefined || among !== undefined || diversity > 0) return null;
  return explorationOf(c, user, explore);
}

type AskedExploration = Pick<AskedList, 'profile' | 'among' | 'diversity' | 'explore'>;

/** What puts the list that is supposed in order, where it is a draw that puts the user's list in order. */
export function drawnBy(c: Context<AppEnv>, asked: AskedExploration, user: number | null): string | undefined {
  const exploration = explorationFor(c, asked, user);
  return exploration?.explored ? exploration.seed : undefined;
}

type MadeList = Awaited<ReturnType<typeof personalList>>;

/** Logs what somebody was recommended for their own taste, pinned films apart. Returns the request's id where it did. */
export function logPersonalList(
  c: Context<AppEnv>,
  { profile, among }: AskedList,
  { user, model, items }: MadeList['list'],
  { version: _, ...made }: Omit<MadeList, 'list'>,
): string | undefined {
  if (profile !== undefined || among !== undefined || items.length === 0) return undefined;
  const [pinnedIds, movieIds] = [true, false].map((wanted) =>
    items.filter(({ pinned = false }) => pinned === wanted).map(({ movieId }) => movieId),
  );
  return logList(c, user, { ...made, version: model.version, movieIds, pinnedIds });
}

/** The only movies of a list among the watchlist. Throws `unauthorized`, `store-unavailable`. */
function watchlistOf(user: number | null, sources: UserSources) {
  if (user === null) throw nobodysMarks();
  const wanted = completeMarks(sources).filter(({ mark }) => mark === 'watchlist');
  return { candidates: wanted.map(({ movieId }) => movieId), rated: 'show' as const };
}

/** What is known of a list before its version is. */
interface Chosen {
  /** The version of the person's arm, where that is another. */
  readonly beside: ServedVersion | undefined;
  readonly explored: boolean;
}

/** The version that answers: complete, unless the request needs only a list by relevance for a stored user vector. */
async function versionFor(c: Context<AppEnv>, asked: AskedList, user: number | null, { beside, explored }: Chosen) {
  if (beside) return { version: beside, sources: await sourcesOf(c, beside, user) };
  const listable = await listableVersion(c);
  if (listable.isComplete || (byRelevance(asked, listable) && !explored)) {
    const sources = await sourcesOf(c, listable, user);
    if (listable.isComplete || !isOfRatings(ratedSince(sources, asked.since), now(c)))
      return { version: listable, sources };
  }
  const version = await servedVersion(c);
  return { version, sources: await sourcesOf(c, version, user) };
}

function byRelevance(asked: AskedList, { model }: ServedVersion): boolean {
  const isRelevance = orderingOf(asked, model.manifest.blend).blend === 0 && asked.by !== 'next';
  return isRelevance && asked.diversity === 0 && asked.explain === 0;
}
