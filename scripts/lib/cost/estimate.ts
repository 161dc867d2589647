import { OUTCOME_DAYS } from '../../../shared/ratings/tables/list-shown.ts';
import { MEASURED } from './measured.ts';
import { BASE, D1_LIMIT, FREE, type Line, PRICES } from './prices.ts';

export interface Traffic {
  /** That reach the Worker; files of the page are free. */
  readonly requestsADay: number;
  /** Who have ratings in D1. */
  readonly people: number;
  /** Ratings of each. */
  readonly ratingsEach: number;
  /** Share of the requests that write a rating, 0 to 1. */
  readonly writes: number;
  /** Isolates that are busy all day; each looks at R2 for a new version. */
  readonly isolates: number;
  /** Of one version. */
  readonly modelMegabytes: number;
  /** LIST_LOG: the share of people whose lists are logged, 0 to 1. */
  readonly listLog: number;
  /** Whether each request is a data point of Analytics Engine (ANALYTICS). */
  readonly analytics: boolean;
}

/** What logged lists add to the lines of D1. */
export interface LoggedLists {
  /** Of a month. */
  readonly lists: number;
  readonly rowsWritten: number;
  /** Of all that are kept. */
  readonly gigabytes: number;
  /** By which the month costs less without them. */
  readonly dollars: number;
}

export interface Estimate {
  readonly lines: readonly { readonly line: Line; readonly amount: number; readonly dollars: number }[];
  readonly logged: LoggedLists;
  /** A month on the paid plan, its base included. */
  readonly total: number;
  /** What is beyond the free plan; none where its quantities suffice. */
  readonly beyondFree: readonly Line[];
  /** Whether D1 can hold the ratings. */
  readonly fits: boolean;
}

const DAYS = 30;
const GIGABYTE = 1e9;
/** `npm run retrain` keeps so many versions. */
const VERSIONS = 5;
/** Objects that a nightly run is taken to write: a version's files, parts of the log, reports, the lease. */
const NIGHTLY_WRITES = 20;
/** Looks at current.json of a busy isolate, each half of MODEL_TTL (10 s); without a request it does not look. */
const LOOKS_A_DAY = 86_400 / 5;
/** A message is written, read and deleted. Share of the writes that D1 does not take at once: assumed. */
const OPERATIONS = 3;
const QUEUED = 0.01;

/** A month's use and price, every request taken for a list of a person whom no isolate has in memory. */
export function estimate(traffic: Traffic): Estimate {
  const amounts = amountsOf(traffic);
  const lines = priced(amounts);
  const total = sumOf(lines);
  const dollars = total - sumOf(priced(amountsOf({ ...traffic, listLog: 0 })));
  return {
    lines,
    logged: { ...listsOf(traffic), dollars },
    total,
    beyondFree: lines.flatMap(({ line, amount }) => (amount > (FREE[line] ?? Number.POSITIVE_INFINITY) ? [line] : [])),
    fits: amounts.d1Gigabytes <= D1_LIMIT,
  };
}

function priced(amounts: Record<Line, number>): Estimate['lines'] {
  return (Object.keys(PRICES) as Line[]).map((line) => {
    const { included, each } = PRICES[line];
    return { line, amount: amounts[line], dollars: Math.max(0, amounts[line] - included) * each };
  });
}

function sumOf(lines: Estimate['lines']): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, BASE);
}

function listsOf({ requestsADay, writes, listLog }: Traffic): Omit<LoggedLists, 'dollars'> {
  const listsADay = requestsADay * (1 - writes) * listLog;
  const lists = DAYS * listsADay;
  const gigabytes = (OUTCOME_DAYS * listsADay * MEASURED.bytesPerList) / GIGABYTE;
  return { lists, rowsWritten: lists * MEASURED.rowsWrittenPerList, gigabytes };
}

function amountsOf(traffic: Traffic): Record<Line, number> {
  const { requestsADay, people, ratingsEach, isolates, modelMegabytes } = traffic;
  const requests = DAYS * requestsADay;
  const writes = requests * traffic.writes;
  const { rowsReadPerRating, rowsReadPerPerson, rowsReadPerWrite, rowsWrittenPerWrite } = MEASURED;
  const ratings = (people * ratingsEach * MEASURED.bytesPerRating) / GIGABYTE;
  const logged = listsOf(traffic);
  return {
    requests,
    cpuMs: requests * MEASURED.cpuMs,
    r2Reads: requests + Math.min(requests, DAYS * isolates * LOOKS_A_DAY),
    r2Writes: DAYS * NIGHTLY_WRITES,
    // R2's copy of the rating log is taken to be as large as D1's rows.
    r2Gigabytes: (VERSIONS * modelMegabytes * 1e6) / GIGABYTE + ratings,
    d1RowsRead: requests * (rowsReadPerPerson + ratingsEach * rowsReadPerRating) + writes * (rowsReadPerWrite + 1),
    d1RowsWritten: writes * rowsWrittenPerWrite + people * MEASURED.rowsWrittenPerPerson + logged.rowsWritten,
    d1Gigabytes: ratings + logged.gigabytes,
    queueOperations: writes * QUEUED * OPERATIONS,
    dataPoints: traffic.analytics ? requests : 0,
  };
}
