import { describe, expect, it } from 'vitest';
import type { ListShown } from '../../../shared/ratings/tables/list-shown.ts';
import { ClusteredRatio, differenceOf, Z_95 } from '../../../trainer/math/clustered-ratio.ts';
import { random } from '../../../trainer/math/random.ts';
import { outcomesOf } from '../../../trainer/outcomes/join.ts';
import { Tallies } from '../../../trainer/outcomes/tally.ts';

const list = (shownAt: number, movieIds: number[], more: Partial<ListShown> = {}): ListShown => ({
  userId: 1,
  request: `request-${shownAt}`,
  shownAt,
  version: '20260101T000000Z-a',
  experiment: null,
  arm: null,
  ordering: 'relevance',
  explored: false,
  probability: null,
  first: 0,
  movieIds,
  ...more,
});
const NONE = { clicked: false, watched: false, dismissed: false, watchlisted: false, rated: false, ndcg: null };

describe('a ratio over people', () => {
  it('has the value and the standard error of the delta method, computed by hand', () => {
    const ratio = new ClusteredRatio();
    expect(ratio.estimate()).toBeNull();
    ratio.add(1, 2);
    ratio.add(1, 1);
    ratio.add(0, 0); // whoever has no list says nothing
    // R = 2/3; residuals 1 − 4/3 and 1 − 2/3; error² = 2/1 · (1/9 + 1/9) / 3²
    expect(ratio.estimate()).toEqual({ value: 2 / 3, error: expect.closeTo(2 / 9, 12), people: 2 });
  });

  it('has no error of one person, nor where all people are alike', () => {
    const ratio = new ClusteredRatio();
    ratio.add(1, 3);
    expect(ratio.estimate()!.error).toBeNull();
    for (let person = 0; person < 50; person++) ratio.add(1, 3);
    expect(ratio.estimate()).toEqual({ value: expect.closeTo(1 / 3, 12), error: null, people: 51 });
  });

  it('holds the truth in 95 of 100 intervals, though the lists of one person resemble each other', () => {
    const source = random(5, 1);
    let held = 0;
    const trials = 2000;
    for (let trial = 0; trial < trials; trial++) {
      const ratio = new ClusteredRatio();
      for (let person = 0; person < 150; person++) {
        const taste = source.uniform(); // on average a half, and very different
        const lists = 1 + source.below(9);
        let clicked = 0;
        for (let at = 0; at < lists; at++) clicked += Number(source.uniform() < taste);
        ratio.add(clicked, lists);
      }
      const { value, error } = ratio.estimate()!;
      held += Number(Math.abs(value - 0.5) <= Z_95 * error!);
    }
    expect(held / trials).toBeGreaterThan(0.935);
    expect(held / trials).toBeLessThan(0.965);
  });

  it('differs from that of other people by the sum of both variances', () => {
    const [a, b] = [
      { value: 0.5, error: 0.03, people: 10 },
      { value: 0.3, error: 0.04, people: 20 },
    ];
    expect(differenceOf(a, b)).toEqual({ value: expect.closeTo(0.2, 12), error: expect.closeTo(0.05, 12), people: 30 });
    expect(differenceOf(a, { ...b, error: null })).toBeNull();
  });
});

describe('what came of a list', () => {
  it('an event belongs to the list that it names, else to the last one before it that has the film', () => {
    const lists = [list(100, [10, 20]), list(200, [20, 30]), list(300, [30])];
    const events = [
      { kind: 'clicked' as const, movieId: 20, request: 'request-100', timestamp: 250 },
      { kind: 'dismissed' as const, movieId: 20, request: null, timestamp: 250 },
      { kind: 'watchlisted' as const, movieId: 10, request: 'request-300', timestamp: 350 }, // which lacks the film
      { kind: 'watched' as const, movieId: 99, request: 'request-100', timestamp: 350 }, // of none
    ];
    expect(outcomesOf({ lists, events, ratings: [] }, 1000)).toEqual([
      { ...NONE, clicked: true, watchlisted: true },
      { ...NONE, dismissed: true },
      NONE,
    ]);
  });

  it('a pinned film counts for the list in which it stood, not for an earlier one of the model’s', () => {
    const lists = [list(100, [50, 10]), list(200, [10, 20], { pinnedIds: [50] }), list(300, [], { pinnedIds: [50] })];
    const events = [
      { kind: 'clicked' as const, movieId: 50, request: 'request-200', timestamp: 250 },
      { kind: 'watchlisted' as const, movieId: 50, request: null, timestamp: 260 },
      { kind: 'clicked' as const, movieId: 10, request: 'request-200', timestamp: 270 },
    ];
    const ratings = [{ movieId: 50, rating: 5, timestamp: 350 }];
    const { ndcg: _, ...none } = NONE;
    expect(outcomesOf({ lists, events, ratings }, 1000)).toEqual([
      { ...NONE, ndcg: 1 }, // the model's own first film was liked, within the time, though it was found elsewhere
      { ...NONE, clicked: true, pinned: { ...none, clicked: true, watchlisted: true } },
      { ...NONE, pinned: { ...none, rated: true } },
    ]);
  });

  it('a pinned film that was liked takes nothing from the NDCG of the list, and adds nothing', () => {
    const ratings = [50, 20].map((movieId) => ({ movieId, rating: 5, timestamp: 150 }));
    const ndcgs = ([pinnedIds]: number[][]) =>
      outcomesOf({ lists: [list(100, [10, 20], { pinnedIds })], events: [], ratings }, 100)[0].ndcg;
    const [gain, ideal] = [1 / Math.log2(3), 1 + 1 / Math.log2(3)];
    expect(ndcgs([[50]])).toBeCloseTo(gain, 12); // the one that it could show stands second
    expect(ndcgs([[]])).toBeCloseTo(gain / ideal, 12); // else it missed one of two
  });

  it('an event counts for no list where the one that it names was not logged, and for none after the time', () => {
    const lists = [list(100, [10])];
    const outcomes = (event: { request: string | null; timestamp: number }) =>
      outcomesOf({ lists, events: [{ kind: 'clicked', movieId: 10, ...event }], ratings: [] }, 50)[0].clicked;
    expect(outcomes({ request: 'of-similar-films', timestamp: 120 })).toBe(false);
    expect(outcomes({ request: null, timestamp: 120 })).toBe(true);
    expect(outcomes({ request: 'request-100', timestamp: 150 })).toBe(true);
    expect(outcomes({ request: 'request-100', timestamp: 151 })).toBe(false);
  });

  it('ratings count within the time, and NDCG@10 is that of what was liked then, wherever it was found', () => {
    const lists = [list(100, [10, 20, 30]), list(150, [10], { first: 3 })];
    const ratings = [
      { movieId: 20, rating: 4, timestamp: 160 },
      { movieId: 99, rating: 5, timestamp: 199 },
      { movieId: 10, rating: 3, timestamp: 160 },
      { movieId: 30, rating: 5, timestamp: 201 }, // too late
    ];
    const gain = 1 / Math.log2(3);
    const [first, second] = outcomesOf({ lists, events: [], ratings }, 100);
    expect(first).toEqual({ ...NONE, rated: true, ndcg: expect.closeTo(gain / (1 + gain), 12) });
    expect(second).toEqual({ ...NONE, rated: true }); // a list's second page has no NDCG
    expect(outcomesOf({ lists, events: [], ratings }, 10).map(({ rated }) => rated)).toEqual([false, true]);
  });
});

describe('rows by version and arm', () => {
  const outcome = (clicked: boolean) => ({ ...NONE, clicked });

  it('stand apart by version, the newest first, and by arm', () => {
    const tallies = new Tallies(true);
    const [old, other] = [list(1, [1]), list(2, [1], { version: '20260202T000000Z-b', experiment: 'x', arm: 'bold' })];
    tallies.add([old, other], [outcome(true), outcome(false)]);
    tallies.add([old], [outcome(false)]);
    expect(
      tallies.rows().map(({ version, arm, lists, metrics }) => [version, arm, lists, metrics.clicked!.value]),
    ).toEqual([
      ['20260202T000000Z-b', 'bold', 1, 0],
      ['20260101T000000Z-a', null, 2, 0.5],
    ]);
    const together = new Tallies(false);
    together.add([old, { ...old, version: '20260202T000000Z-b' }], [outcome(true), outcome(false)]);
    expect(together.rows()).toMatchObject([{ version: null, lists: 2 }]);
  });

  it('tell of pinned films apart, and of lists in which nothing else stood only there', () => {
    const tallies = new Tallies(true);
    const { ndcg: _, ...none } = NONE;
    const [mixed, alone, old] = [list(1, [1], { pinnedIds: [5] }), list(2, [], { pinnedIds: [5] }), list(3, [1])];
    tallies.add(
      [mixed, alone, old],
      [{ ...outcome(false), pinned: { ...none, clicked: true } }, { ...outcome(false), pinned: none }, outcome(true)],
    );
    const [all, pinned] = tallies.rows();
    expect([all.way, all.lists, all.metrics.clicked!.value]).toEqual(['all', 2, 0.5]);
    expect([pinned.way, pinned.lists, pinned.metrics.clicked!.value]).toEqual(['pinned', 2, 0.5]);
    expect([all.metrics.ndcg, pinned.metrics.ndcg]).toEqual([null, null]);
  });

  it('of one experiment alone leave out other lists, which still take what came of them', () => {
    const tallies = new Tallies(false, 'x');
    const lists = [list(100, [7], { experiment: 'x', arm: 'bold' }), list(200, [7])];
    const events = [{ kind: 'clicked' as const, movieId: 7, request: null, timestamp: 250 }];
    tallies.add(lists, outcomesOf({ lists, events, ratings: [] }, 1000));
    expect(tallies.rows()).toMatchObject([{ arm: 'bold', lists: 1, metrics: { clicked: { value: 0 } } }]);
  });

  it('weigh each list by one over the probability of its way, as computed by hand', () => {
    const tallies = new Tallies(true);
    const usual = (probability: number) => list(1, [1], { probability });
    const explored = (probability: number) => list(2, [1], { probability, explored: true });
    tallies.add([usual(0.9), explored(0.1)], [outcome(true), outcome(false)]);
    tallies.add([usual(0.5), explored(0.5)], [outcome(false), outcome(true)]);
    const [all, inUsual, inDrawn] = tallies.rows();
    expect([all, inUsual, inDrawn].map(({ way, lists }) => [way, lists])).toEqual([
      ['all', 4],
      ['usual', 2],
      ['explored', 2],
    ]);
    expect(all.metrics.clicked!.value).toBe(0.5);
    expect(inUsual.metrics.clicked!.value).toBeCloseTo(1 / 0.9 / (1 / 0.9 + 2), 12);
    expect(inDrawn.metrics.clicked!.value).toBeCloseTo(2 / (10 + 2), 12);
  });

  it('find what each way would come to, where those who explore more also click more', () => {
    const source = random(7, 1);
    const tallies = new Tallies(true);
    for (let person = 0; person < 20_000; person++) {
      const eager = source.uniform() < 0.5;
      const share = eager ? 0.6 : 0.1; // of explored lists: a plain mean of them would tell of the eager
      const explores = source.uniform() < share;
      const chance = (eager ? 0.5 : 0.1) + (explores ? 0.05 : 0);
      const probability = explores ? share : 1 - share;
      tallies.add([list(1, [1], { probability, explored: explores })], [outcome(source.uniform() < chance)]);
    }
    const [, inUsual, inDrawn] = tallies.rows().map(({ metrics }) => metrics.clicked!);
    expect(Math.abs(inUsual.value - 0.3)).toBeLessThan(3 * inUsual.error!);
    expect(Math.abs(inDrawn.value - 0.35)).toBeLessThan(3 * inDrawn.error!);
  });
});
