import type { Size, Viewpoint } from './viewpoint.ts';

/** How much a flight rises: √2 is what people liked best. */
const RISE = Math.SQRT2;

/** A way between two viewpoints. */
export interface Flight {
  /** In units of what the eye perceives as even motion. */
  readonly length: number;
  /** @param t 0 at the beginning, 1 at the end */
  at(t: number): Viewpoint;
}

/**
 * The smoothest way from one viewpoint to another: it rises, crosses, and comes down (van Wijk & Nuij, "Smooth and
 * efficient zooming and panning", InfoVis 2003). w is the width of the window in map units, u the way on the map.
 */
export function flight(from: Viewpoint, to: Viewpoint, { width }: Size): Flight {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const [w0, w1] = [width / from.scale, width / to.scale];
  const u1 = Math.hypot(dx, dy);
  if (u1 < 1e-6 * Math.min(w0, w1)) {
    const length = Math.abs(Math.log(w1 / w0)) / RISE;
    return { length, at: (t) => ({ x: to.x, y: to.y, scale: from.scale * (to.scale / from.scale) ** t }) };
  }
  const b = (w: number, sign: number) => (w1 * w1 - w0 * w0 + sign * RISE ** 4 * u1 * u1) / (2 * w * RISE * RISE * u1);
  const r = (value: number) => -Math.asinh(value); // ln(√(value² + 1) − value)
  const r0 = r(b(w0, 1));
  const length = (r(b(w1, -1)) - r0) / RISE;
  return {
    length,
    at(t) {
      if (t >= 1) return to;
      const s = RISE * t * length + r0;
      const u = (w0 / (RISE * RISE)) * (Math.cosh(r0) * Math.tanh(s) - Math.sinh(r0));
      const w = (w0 * Math.cosh(r0)) / Math.cosh(s);
      return { x: from.x + (u / u1) * dx, y: from.y + (u / u1) * dy, scale: width / w };
    },
  };
}
