import { MarqueeError } from '../../../shared/errors.ts';
import { logPrefix } from '../../../shared/ratings/log-partitions.ts';
import { deletePerson, FIRST_PERSON } from '../../../shared/ratings/people.ts';
import { EVERY_MOVIE } from '../../../shared/ratings/rating.ts';
import { deletedRows, forget, joinPeople, peopleOf, strayLegs } from '../../../shared/ratings/tables/joining.ts';
import { lastPerson, putBackPeople, readPeople } from '../../../shared/ratings/tables/person.ts';
import { makeGuards, placeIn, type ShardMap, writeShardMap } from '../../../shared/ratings/tables/shard-map.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { answerOf, type Database } from '../../../shared/storage/database.ts';
import { readPartitions } from '../log/log.ts';
import { CLOCKS } from './plan-heal.ts';
import { putBackCurrent } from './put-back.ts';

/** Ids of one question to D1. */
const PAGE = 10_000;

/** A database that was restored, among all. */
export interface Rewound {
  readonly bucket: Bucket;
  readonly all: readonly Database[];
  /** Where people are. */
  readonly map: ShardMap;
  /** Its number. */
  readonly shard: number;
}

/** People of whom a database has rows though they are in another one: it was restored to a time before they left. */
export async function strayPeople({ all, map, shard }: Omit<Rewound, 'bucket'>): Promise<number[]> {
  const each = strayLegs(map, shard, all.length).map((leg) => peopleOf(all[shard], leg));
  return [...new Set((await Promise.all(each)).flat())];
}

/**
 * Joins what a restored database has of people who have left it with what there is of them now, the newer of each
 * rating; and puts back ratings of its own people that only the logs of other databases have in R2, where these people
 * were before. May be repeated. Throws `bad-data`, before anything is changed, where an id was given out twice.
 */
export async function bringHome(rewound: Rewound): Promise<void> {
  const { all, map, shard } = rewound;
  const db = all[shard];
  const lost = shard === 0 ? await lostPeople(rewound) : [];
  await answerOf(db.batch([...makeGuards(db), writeShardMap(db, shard, map)]));
  if (shard === 0) {
    const last = Math.max(await lastPerson(db), ...lost.map(({ userId }) => userId));
    await answerOf(db.batch(putBackPeople(db, lost, last)));
  }
  await forgetDeleted(rewound);
  for (const leg of strayLegs(map, shard, all.length)) await joinPeople(db, all[leg.to], leg);
  await putBackFromOthers(rewound);
}

/** Visitors whom other databases know and `DB` does not. Throws `bad-data` where it knows somebody else by their id. */
async function lostPeople({ all }: Rewound): Promise<{ userId: number; createdAt: number }[]> {
  const lost: { userId: number; createdAt: number }[] = [];
  for (const db of all.slice(1)) {
    const since = await visitorsSince(db);
    const ids = [...since.keys()];
    for (let at = 0; at < ids.length; at += PAGE) {
      const some = ids.slice(at, at + PAGE);
      const known = new Map((await readPeople(all[0], some)).map((person) => [person.userId, person]));
      for (const userId of some) {
        const [person, createdAt] = [known.get(userId), since.get(userId)!];
        if (!person) lost.push({ userId, createdAt });
        else if (person.createdAt > createdAt + CLOCKS) throw givenTwice(userId);
      }
    }
  }
  return lost;
}

/** When each visitor of whom a database has something first wrote something, seconds since the epoch. */
async function visitorsSince(db: Database): Promise<Map<number, number>> {
  const since = new Map<number, number>();
  for (const table of ['rating', 'mark']) {
    const select = `SELECT user_id, min(accepted_at) FROM ${table} WHERE user_id >= ?1 GROUP BY user_id`;
    for (const [userId, at] of await answerOf(db.prepare(select).bind(FIRST_PERSON).raw<[number, number]>())) {
      since.set(userId, Math.min(since.get(userId) ?? Number.POSITIVE_INFINITY, Math.floor(at / 1000)));
    }
  }
  return since;
}

/** Deletes again whom other databases know to be deleted, and where they are now who were deleted here since. */
async function forgetDeleted({ all, map, shard }: Rewound): Promise<void> {
  const each = await Promise.all(all.map(deletedRows));
  const known = each.map((people) => new Set(people.map(({ userId }) => userId)));
  for (const person of each.flat()) {
    const { userId, deletedAt } = person;
    if (!known[shard].has(userId)) await answerOf(all[shard].batch(forget(all[shard], person)));
    const home = placeIn(map, userId);
    if (home !== shard && !known[home].has(userId)) await deletePerson(all[home], userId, deletedAt);
  }
}

async function putBackFromOthers({ bucket, all, map, shard }: Rewound): Promise<void> {
  for (const other of all.keys()) {
    if (other === shard) continue;
    for (const { rows } of await readPartitions(bucket, undefined, logPrefix(other))) {
      const own = rows.filter(
        ({ userId, movieId }) => movieId !== EVERY_MOVIE && userId >= 0 && placeIn(map, userId) === shard,
      );
      await putBackCurrent(all[shard], own);
    }
  }
}

function givenTwice(userId: number): MarqueeError {
  return new MarqueeError(
    'bad-data',
    `DB was restored to a time before people moved to other databases, and has given their ids to others since: ${userId}`,
    {
      fix:
        'Restore DB to a time behind the last reshard: time travel goes forward, too. Or restore all databases from one ' +
        'backup (npm run restore). Nothing was changed.',
      details: { user: userId },
    },
  );
}
