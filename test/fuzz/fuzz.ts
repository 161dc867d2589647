import fc from 'fast-check';
import { AnswerCheck, type FuzzAnswer } from './answers.ts';
import { CALLERS, type FuzzRequest, fairRequestsTo, requestsTo } from './requests.ts';
import type { Target } from './target.ts';

/** Requests that one seed makes, and that are under way at a time. */
const BLOCK = 100;
const AT_ONCE = 8;
/** Fair requests of each caller after which an operation counts as out of reach. */
const FAIR = 8; // one turn of each session
/** After so many failures it ends: there is one cause, or the server is gone. */
const MOST_FAILURES = 100;

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Called after each block. */
  readonly onProgress?: (done: number) => Promise<void>;
  /** Called with each failure as it comes. */
  readonly onFailure?: (failure: Failure) => void;
}

export interface Failure {
  /** Which of the run's requests: `--seed` and this make it again; −1: of the fair ones before them. */
  readonly number: number;
  readonly fault: string;
  readonly request: string;
}

export interface FuzzReport {
  /** Those that were sent: fewer than asked for after too many failures. */
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Operations that never answered well: what they need is not here. */
  readonly unreached: readonly string[];
  readonly failures: readonly Failure[];
}

/** Sends generated requests and looks at every answer. */
export async function fuzz(
  target: Target,
  { requests, seed, onProgress, onFailure }: FuzzOptions,
): Promise<FuzzReport> {
  const arbitrary = requestsTo(target.document, target.known);
  const check = new AnswerCheck(target.document);
  const statuses: Record<number, number> = {};
  const [reached, failures] = [new Set<string>(), [] as Failure[]];
  const one = async (request: FuzzRequest, number: number) => {
    const fail = (fault: string) => {
      const failure = { number, fault, request: shown(request) };
      failures.push(failure);
      onFailure?.(failure);
    };
    try {
      const answer = await answerTo(target, request);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status < 300 && request.operation) reached.add(request.operation.operationId);
      const fault = check.fault(request, answer);
      if (fault) fail(`${fault}: ${new TextDecoder().decode(answer.body.subarray(0, 300))}`);
    } catch (error) {
      fail(String(error));
    }
  };
  let done = 0;
  for (const { operationId, requests: fair } of fairRequestsTo(target.document, target.known)) {
    for (const request of fc.sample(fair, { seed, numRuns: FAIR }).flatMap(fromEverybody)) {
      if (reached.has(operationId)) break;
      await one(request, -1);
    }
  }
  while (done < requests && failures.length < MOST_FAILURES) {
    const block = fc.sample(arbitrary, { seed: seed + done, numRuns: Math.min(BLOCK, requests - done) });
    for (let at = 0; at < block.length; at += AT_ONCE) {
      await Promise.all(block.slice(at, at + AT_ONCE).map((request, j) => one(request, done + at + j)));
    }
    done += block.length;
    await onProgress?.(done);
  }
  const operations = Object.values(target.document.paths).flatMap((methods) => Object.values(methods));
  const unreached = operations.map(({ operationId }) => operationId).filter((id) => !reached.has(id));
  return { requests: done, statuses, unreached, failures };
}

/**
 * What a request is answered, asked again where the rating store was too slow: on a busy machine it shares a processor
 * with what makes the requests.
 */
async function answerTo(target: Target, request: FuzzRequest): Promise<FuzzAnswer> {
  let answer = await target.send(request);
  for (let times = 1; times < 3 && answer.status === 503 && answer.headers['retry-after']; times++) {
    answer = await target.send(request);
  }
  return answer;
}

function fromEverybody(request: FuzzRequest): FuzzRequest[] {
  return CALLERS.map((caller) => ({ ...request, caller }));
}

/** A request as somebody can send it again. */
function shown({ method, path, caller, headers, body }: FuzzRequest): string {
  return JSON.stringify({ method, path, caller, headers, body: body && Buffer.from(body).toString('base64') });
}
