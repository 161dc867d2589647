import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flight } from '../../../../worker/web/state/map/flight.ts';
import {
  extentOf,
  MOST_ZOOM,
  nearest,
  panned,
  toMap,
  toWindow,
  wholeMap,
  within,
  zoomed,
} from '../../../../worker/web/state/map/viewpoint.ts';

const SIZE = { width: 800, height: 600 };
const coordinate = fc.double({ min: -4, max: 4, noNaN: true });
const viewpoint = fc.record({ x: coordinate, y: coordinate, scale: fc.double({ min: 50, max: 5000, noNaN: true }) });
const pixel = fc.tuple(fc.nat(800), fc.nat(600));

describe('a viewpoint on the map', () => {
  it('puts a point of the map where it was read from', () => {
    fc.assert(
      fc.property(viewpoint, pixel, (view, [wx, wy]) => {
        const [x, y] = toMap(view, SIZE, wx, wy);
        const [left, top] = toWindow(view, SIZE, x, y);
        expect(left).toBeCloseTo(wx, 6);
        expect(top).toBeCloseTo(wy, 6);
      }),
    );
  });

  it('keeps what stands under the pointer while it zooms, and moves by pixels', () => {
    fc.assert(
      fc.property(viewpoint, pixel, fc.double({ min: 0.2, max: 5, noNaN: true }), (view, at, factor) => {
        const [x, y] = toMap(view, SIZE, ...at);
        const nearer = zoomed(view, SIZE, factor, at);
        expect(nearer.scale).toBeCloseTo(view.scale * factor, 6);
        expect(toWindow(nearer, SIZE, x, y)[0]).toBeCloseTo(at[0], 5);
        const moved = toWindow(panned(view, 30, -12), SIZE, x, y);
        expect(moved[0]).toBeCloseTo(at[0] + 30, 5);
        expect(moved[1]).toBeCloseTo(at[1] - 12, 5);
      }),
    );
  });

  it('shows all films as the whole map, and never leaves it', () => {
    const [x, y] = [Float32Array.of(-3, 1, 4), Float32Array.of(0, 2, -1)];
    const extent = extentOf(x, y);
    const whole = wholeMap(extent, SIZE);
    for (let at = 0; at < 3; at++) {
      const [left, top] = toWindow(whole, SIZE, x[at], y[at]);
      expect(left > 0 && left < SIZE.width && top > 0 && top < SIZE.height).toBe(true);
    }
    const far = within({ x: 99, y: -99, scale: 1e9 }, extent, whole);
    expect(far).toEqual({ x: 4, y: -1, scale: MOST_ZOOM * whole.scale });
    expect(within({ x: 0, y: 0, scale: 1 }, extent, whole).scale).toBe(whole.scale);
  });

  it('has a whole map also where all films stand in one place, and where there are none', () => {
    for (const one of [Float32Array.of(2, 2), new Float32Array(0)]) {
      const { scale } = wholeMap(extentOf(one, one), SIZE);
      expect(Number.isFinite(scale) && scale > 0).toBe(true);
    }
  });

  it('finds the nearest film that is shown, within reach', () => {
    const films = { x: Float32Array.of(0, 0.05, 3), y: Float32Array.of(0, 0, 0) };
    const view = { x: 0, y: 0, scale: 100 };
    const find = (at: [number, number], isShown = (_: number) => true) => nearest(films, view, SIZE, at, 12, isShown);
    expect(find([404, 300])).toBe(1);
    expect(find([401, 300])).toBe(0);
    expect(find([404, 300], (film) => film !== 1)).toBe(0);
    expect(find([404, 313])).toBe(-1);
  });
});

describe('a flight over the map', () => {
  it('begins where it begins, ends where it ends, and sees more on the way to a far place', () => {
    fc.assert(
      fc.property(viewpoint, viewpoint, (from, to) => {
        const { at, length } = flight(from, to, SIZE);
        expect(length).toBeGreaterThanOrEqual(0);
        for (const [t, end] of [
          [0, from],
          [1, to],
        ] as const) {
          const view = at(t);
          expect(view.x).toBeCloseTo(end.x, 4);
          expect(view.y).toBeCloseTo(end.y, 4);
          expect(view.scale / end.scale).toBeCloseTo(1, 4);
        }
      }),
    );
    const [from, to] = [
      { x: -3, y: 0, scale: 2000 },
      { x: 3, y: 1, scale: 2000 },
    ];
    expect(flight(from, to, SIZE).at(0.5).scale).toBeLessThan(400);
  });

  it('only zooms where the place stays', () => {
    const { at } = flight({ x: 1, y: 1, scale: 100 }, { x: 1, y: 1, scale: 400 }, SIZE);
    expect(at(0.5)).toEqual({ x: 1, y: 1, scale: expect.closeTo(200, 6) });
  });
});
