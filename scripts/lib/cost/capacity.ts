import { ISOLATE, ITSELF } from '../../../shared/artifact/worker-memory.ts';
import { estimate, type Traffic } from './estimate.ts';
import { MEASURED, TRAINING } from './measured.ts';
import { CORE_SECOND, D1_LIMIT, D1_LIMIT_OF_ALL } from './prices.ts';

/** What people and their catalogue are like, whatever their number. */
export interface Habits {
  /** Ratings of each person. */
  readonly ratingsEach: number;
  /** Requests of each person a day, on average over all who have ratings. */
  readonly requestsEach: number;
  /** Share of the requests that write a rating, 0 to 1. */
  readonly writes: number;
  readonly films: number;
}

/** What trains: one machine, with the ratings in its memory or on its disk; a cluster. */
export type Engine = 'memory' | 'disk' | 'Spark';

export interface Capacity {
  readonly people: number;
  readonly ratings: number;
  /** At the busiest time of a day. */
  readonly requestsPerSecond: number;
  /** Workers over which the films are cut. */
  readonly workers: number;
  readonly databases: number;
  /** Of users.arrow of one version. */
  readonly usersGigabytes: number;
  readonly engine: Engine;
  /** Processor time of a training from nothing, in hours of one core. */
  readonly coreHours: number;
  /** Cores with which it ends in a night. */
  readonly cores: number;
  /** A month, in dollars: what Cloudflare takes for serving; a training each night. */
  readonly servingDollars: number;
  readonly trainingDollars: number;
}

/** What gives way with more people than so many, and what carries on. */
export interface Wall {
  readonly people: number;
  readonly what: string;
  readonly next: string;
}

const DAYS = 30;
/** Bytes that an isolate has for versions. */
const FOR_VERSIONS = ISOLATE - ITSELF;
const GB = 1e9;
/** Requests of the busiest second by those of the mean one: assumed. */
const PEAK = 4;
/** A database is filled up to this share, so that there is time to reshard. */
const FULL = 0.8;
/** Writes a second of one database, which takes one after the other: 20 ms for each is assumed. */
const WRITES = 50;
/** Hours. */
const NIGHT = 6;
/** GB of a machine's memory that ratings may take: half of 24, as `npm run train` does it. */
const MEMORY = 12;
/** Isolates that are busy all day at least. */
const ISOLATES = 20;

/** What so many people ask of each part of Marquee. */
export function capacityOf(people: number, habits: Habits): Capacity {
  const ratings = people * habits.ratingsEach;
  const requestsADay = people * habits.requestsEach;
  const requestsPerSecond = (PEAK * requestsADay) / 86_400;
  const usersGigabytes = (people * bytesOfUser(habits)) / GB;
  const isolates = Math.max(ISOLATES, Math.ceil((requestsPerSecond * MEASURED.cpuMs) / 1000));
  const traffic: Traffic = {
    ...habits,
    people,
    requestsADay,
    isolates,
    listLog: 0,
    analytics: false,
    modelMegabytes: 1000 * usersGigabytes,
  };
  const engine = engineOf(people, ratings);
  const coreHours = (ratings * TRAINING.coreSecondsPerRating[engine]) / 3600;
  return {
    people,
    ratings,
    requestsPerSecond,
    workers: workersOf(people, habits.films),
    databases: databasesOf(ratings, requestsPerSecond * habits.writes),
    usersGigabytes,
    engine,
    coreHours,
    cores: Math.ceil(coreHours / NIGHT),
    servingDollars: estimate(traffic).total,
    trainingDollars: DAYS * coreHours * 3600 * CORE_SECOND,
  };
}

/** What gives way as people become more, in that order. */
export function wallsOf({ ratingsEach }: Habits): Wall[] {
  const walls: Wall[] = [
    { people: peopleIn(FULL * D1_LIMIT, ratingsEach), what: 'one D1 database', next: 'npm run reshard' },
    {
      people: (MEMORY * GB) / (ratingsEach * TRAINING.bytesPerRating),
      what: `ratings in ${MEMORY} GB of memory`,
      next: 'npm run train reads them from a disk',
    },
    { people: TRAINING.mostUsers, what: 'people in the engine of one machine', next: 'trainer/spark' },
    { people: peopleIn(D1_LIMIT_OF_ALL, ratingsEach), what: 'D1’s 1 TB an account', next: 'ask Cloudflare for more' },
    {
      people: FOR_VERSIONS / (2 * TRAINING.indexBytesPerUser),
      what: 'the index of users.arrow in an isolate',
      next: 'nothing: people over several deployments',
    },
  ];
  return walls.sort((a, b) => a.people - b.people);
}

function peopleIn(gigabytes: number, ratingsEach: number): number {
  return (gigabytes * GB) / (ratingsEach * MEASURED.bytesPerRating);
}

function bytesOfUser({ ratingsEach }: Habits): number {
  return TRAINING.bytesPerUser + TRAINING.bytesPerUsersRating * ratingsEach;
}

function engineOf(people: number, ratings: number): Engine {
  if (people > TRAINING.mostUsers) return 'Spark';
  return ratings * TRAINING.bytesPerRating <= MEMORY * GB ? 'memory' : 'disk';
}

/** Two versions have to fit: one in service, and the one that comes. Where films are cut, the index has a Worker to itself. */
function workersOf(people: number, films: number): number {
  const index = 2 * people * TRAINING.indexBytesPerUser;
  const vectors = 2 * films * TRAINING.bytesPerFilm;
  return index + vectors <= FOR_VERSIONS ? 1 : 1 + Math.max(2, Math.ceil(vectors / FOR_VERSIONS));
}

function databasesOf(ratings: number, writesPerSecond: number): number {
  const gigabytes = (ratings * MEASURED.bytesPerRating) / GB;
  return Math.ceil(Math.max(1, gigabytes / (FULL * D1_LIMIT), writesPerSecond / WRITES));
}
