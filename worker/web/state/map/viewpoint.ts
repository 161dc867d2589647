/** A window on the map: what stands in its middle, and how large a map unit is. */
export interface Viewpoint {
  readonly x: number;
  readonly y: number;
  /** Pixels for a map unit. */
  readonly scale: number;
}

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle that holds all films, map units. */
export interface Extent {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How much larger than the whole map one may look. */
export const MOST_ZOOM = 256;
/** Share of the window that the whole map fills. */
const FILLED = 0.9;

export function extentOf(x: Float32Array, y: Float32Array): Extent {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < x.length; at++) {
    left = Math.min(left, x[at]);
    right = Math.max(right, x[at]);
    bottom = Math.min(bottom, y[at]);
    top = Math.max(top, y[at]);
  }
  if (!(left <= right)) return { x: 0, y: 0, width: 1, height: 1 };
  const [width, height] = [Math.max(1e-3, right - left), Math.max(1e-3, top - bottom)];
  return { x: (left + right) / 2, y: (bottom + top) / 2, width, height };
}

/** The viewpoint that shows the whole map. */
export function wholeMap(extent: Extent, { width, height }: Size): Viewpoint {
  const scale = FILLED * Math.min(width / extent.width, height / extent.height);
  return { x: extent.x, y: extent.y, scale };
}

/** Within the map, and neither nearer nor farther than it may be. */
export function within(view: Viewpoint, extent: Extent, whole: Viewpoint): Viewpoint {
  const [x, y] = [extent.width / 2, extent.height / 2];
  return {
    x: clamp(view.x, extent.x - x, extent.x + x),
    y: clamp(view.y, extent.y - y, extent.y + y),
    scale: clamp(view.scale, whole.scale, MOST_ZOOM * whole.scale),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Where a point of the map stands in the window, pixels from the upper left corner. */
export function toWindow(
  { x, y, scale }: Viewpoint,
  { width, height }: Size,
  px: number,
  py: number,
): [number, number] {
  return [width / 2 + scale * (px - x), height / 2 - scale * (py - y)];
}

export function toMap({ x, y, scale }: Viewpoint, { width, height }: Size, wx: number, wy: number): [number, number] {
  return [x + (wx - width / 2) / scale, y - (wy - height / 2) / scale];
}

/** The map moved by pixels. */
export function panned(view: Viewpoint, dx: number, dy: number): Viewpoint {
  return { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale };
}

/** Nearer by a factor; what stands under a pixel stays there. */
export function zoomed(view: Viewpoint, size: Size, factor: number, [wx, wy]: readonly [number, number]): Viewpoint {
  const [x, y] = toMap(view, size, wx, wy);
  const scale = view.scale * factor;
  return { scale, x: x - (wx - size.width / 2) / scale, y: y + (wy - size.height / 2) / scale };
}

/** The point nearest to a pixel, among those that are shown and at most so many pixels away; −1 for none. */
export function nearest(
  { x, y }: { readonly x: Float32Array; readonly y: Float32Array },
  view: Viewpoint,
  size: Size,
  [wx, wy]: readonly [number, number],
  radius: number,
  isShown: (at: number) => boolean,
): number {
  const [px, py] = toMap(view, size, wx, wy);
  let best = -1;
  let least = (radius / view.scale) ** 2;
  for (let at = 0; at < x.length; at++) {
    const distance = (x[at] - px) ** 2 + (y[at] - py) ** 2;
    if (distance < least && isShown(at)) {
      best = at;
      least = distance;
    }
  }
  return best;
}
