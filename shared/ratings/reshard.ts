import { MarqueeError } from '../errors.ts';
import { answerOf, type Database } from '../storage/database.ts';
import { copyPeople, deletePeople, END, endOfPeople, type Leg } from './tables/moving.ts';
import {
  ALL_IN_DB,
  digitOf,
  isLater,
  MOST_SHARDS,
  makeGuards,
  readShardMap,
  type ShardMap,
  SLOTS,
  writeShardMap,
} from './tables/shard-map.ts';
import { readStore } from './tables/store.ts';

/** People of one step: with 100 ratings each, some 20 statements, during which nothing is written for them. */
const AT_ONCE = 100;

export interface ReshardSettings {
  /** How many databases are to hold people. */
  readonly to: number;
  /** People of one step. */
  readonly atOnce?: number;
  /** Called before each step: ids below `below` are where they belong. */
  readonly onStep?: (below: number) => Promise<void> | void;
}

/** What a reshard did. */
export interface Resharded {
  /** Steps in which people moved; one that went on with what broke off is among them. */
  readonly steps: number;
  readonly version: number;
  /** How many of the slots each database has now. */
  readonly slots: readonly number[];
}

/**
 * Spreads people over the first `to` databases while the service runs. People move in the order of their ids, some at a
 * time, in three steps:
 *   1. every database refuses to write for them (`moving`), and they are read where they were;
 *   2. their rows are copied to where they go, in place of what an earlier copy left there;
 *   3. the databases that they leave say so and delete their rows, in one transaction (`below`); then all others say it,
 *      and those to which they came take what is written for them.
 * Whoever still knows the old place is told so by the database there. The steps may be repeated: where a reshard breaks off, the
 * next one goes on from what the databases say, whatever it is asked for, and does what it was asked for then.
 *
 * @throws `bad-data` when the databases contradict each other; `store-unavailable`, and then the next run goes on
 */
export async function reshard(all: readonly Database[], settings: ReshardSettings): Promise<Resharded> {
  const { to, atOnce = AT_ONCE, onStep = () => {} } = settings;
  if (to < 1 || to > Math.min(all.length, MOST_SHARDS)) throw noSuchDatabase(to, all.length);
  await requireDistinct(all);
  let map = await goOn(all);
  let steps = 0;
  for (;;) {
    if (map.next === map.places) {
      const next = spread(map.places, to);
      if (next === map.places) break;
      await guard(all);
      map = await writeAll(all, { ...map, version: map.version + 1, next, below: 0, moving: 0 });
    }
    while (map.below < END) {
      await onStep(map.below);
      map = await moveOn(all, map, atOnce);
      steps++;
    }
    map = await writeAll(all, { version: map.version + 1, places: map.next, next: map.next, below: 0, moving: 0 });
  }
  const slots = all.map((_, shard) => map.places.split(digitOf(shard)).length - 1);
  return { steps, version: map.version, slots };
}

/** The places when `to` databases have a like number of slots; as few slots as can be change theirs. */
export function spread(places: string, to: number): string {
  const digits = [...places];
  const room = Array.from({ length: to }, (_, shard) => Math.floor(SLOTS / to) + (shard < SLOTS % to ? 1 : 0));
  const homeless: number[] = [];
  for (const [slot, digit] of digits.entries()) {
    const shard = Number.parseInt(digit, MOST_SHARDS);
    if (shard < to && room[shard] > 0) room[shard]--;
    else homeless.push(slot);
  }
  for (const slot of homeless) {
    const shard = room.indexOf(Math.max(...room));
    room[shard]--;
    digits[slot] = digitOf(shard);
  }
  return digits.join('');
}

/** The map on which all databases agree, after what a reshard left half done is done. */
async function goOn(all: readonly Database[]): Promise<ShardMap> {
  const maps = await Promise.all(all.map(readShardMap));
  const known = maps.filter((map) => map !== null);
  const latest = known.reduce((a, b) => (isLater(b, a) ? b : a), known[0] ?? ALL_IN_DB);
  // DB gets a map before all others.
  if (maps[0] === null && known.length > 0) throw contradiction();
  for (const map of known) if (contradict(map, latest)) throw contradiction();
  const behind = known.some((map) => map.version === latest.version && map.below < latest.below);
  if (known.length > 0) await guard(all);
  if (behind) {
    // Some have said already that people have left: all copies are whole.
    const before = known.find((map) => map.version === latest.version && map.below < latest.below)!;
    return leave(all, { ...latest, below: before.below, moving: latest.below }, maps);
  }
  const moving = Math.max(latest.moving, ...known.map((map) => (map.version === latest.version ? map.moving : 0)));
  if (latest.next !== latest.places && moving > latest.below) {
    return arrive(all, await writeAll(all, { ...latest, moving }));
  }
  return latest === ALL_IN_DB ? latest : writeAll(all, latest);
}

/** Whether two maps cannot be of one history: a reshard begins and ends in all databases before anything else happens. */
function contradict(map: ShardMap, latest: ShardMap): boolean {
  if (map.version === latest.version) return map.places !== latest.places || map.next !== latest.next;
  if (map.version !== latest.version - 1) return true;
  const rests = map.next === map.places && map.places === latest.places;
  const begins = rests && latest.next !== latest.places && latest.below === 0;
  const ends = map.below === END && map.next === latest.places;
  return !begins && !ends;
}

/** Moves the next people. */
async function moveOn(all: readonly Database[], map: ShardMap, atOnce: number): Promise<ShardMap> {
  const leaving = legsOf(map).map(({ from }) => from);
  const ends = await Promise.all([...new Set(leaving)].map((from) => endOfPeople(all[from], map.below, atOnce)));
  const moving = Math.min(END, ...ends.map((end) => end ?? END));
  return arrive(all, await writeAll(all, { ...map, moving }));
}

/** Copies people for whom nothing is written any more, and lets them arrive. */
async function arrive(all: readonly Database[], map: ShardMap): Promise<ShardMap> {
  for (const leg of legsOf(map)) await copyPeople(all[leg.from], all[leg.to], leg);
  return leave(all, map);
}

/**
 * Lets people whose copies are whole leave where they were, then arrive.
 *
 * @param held what each database says, where that is known
 */
async function leave(all: readonly Database[], map: ShardMap, held?: readonly (ShardMap | null)[]): Promise<ShardMap> {
  const arrived = { ...map, below: map.moving };
  const legs = legsOf(map);
  const isSource = (shard: number) => legs.some(({ from }) => from === shard);
  const order = all.map((_, shard) => shard).sort((a, b) => Number(isSource(b)) - Number(isSource(a)));
  for (const shard of order) {
    if (held?.[shard]?.below === arrived.below) continue;
    const gone = legs.filter(({ from }) => from === shard).flatMap((leg) => deletePeople(all[shard], leg));
    await answerOf(all[shard].batch([...gone, writeShardMap(all[shard], shard, arrived)]));
  }
  return arrived;
}

/** From where to where people move. */
function legsOf(map: ShardMap): Leg[] {
  const pairs = new Set<string>();
  for (let slot = 0; slot < SLOTS; slot++) {
    if (map.places[slot] !== map.next[slot]) pairs.add(map.places[slot] + map.next[slot]);
  }
  const number = (digit: string) => Number.parseInt(digit, MOST_SHARDS);
  return [...pairs].map(([from, to]) => ({ map, from: number(from), to: number(to) }));
}

async function guard(all: readonly Database[]): Promise<void> {
  for (const db of all) await answerOf(db.batch(makeGuards(db)));
}

async function writeAll(all: readonly Database[], map: ShardMap): Promise<ShardMap> {
  for (const [shard, db] of all.entries()) await answerOf(writeShardMap(db, shard, map).run());
  return map;
}

/** Throws `bad-data` where two bindings are one database, which would copy people onto themselves and delete them. */
async function requireDistinct(all: readonly Database[]): Promise<void> {
  const ids = (await Promise.all(all.map(readStore))).map(({ id }) => id);
  const twice = ids.findIndex((id, shard) => ids.indexOf(id) < shard);
  if (twice < 0) return;
  throw new MarqueeError('bad-data', `DB_${twice} is the same database as one before it`, {
    fix: 'Give each its own database_name and database_id in wrangler.toml. Nothing was changed.',
  });
}

function noSuchDatabase(to: number, bound: number): MarqueeError {
  return new MarqueeError('bad-flag', `--to ${to}: wrangler.toml binds ${bound} of at most ${MOST_SHARDS} databases`, {
    fix: 'Add DB_1, DB_2 and so on to wrangler.toml, and on Cloudflare run npm run deploy first.',
  });
}

function contradiction(): MarqueeError {
  return new MarqueeError(
    'bad-data',
    'the databases do not agree on where people are: one of them was restored to an earlier time',
    {
      fix: 'npm run heal joins what they hold, then run this again. Nothing was changed.',
    },
  );
}
