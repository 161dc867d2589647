import type { Size, Viewpoint } from '../../state/map/viewpoint.ts';

export type Colour = readonly [red: number, green: number, blue: number]; // 0 to 1

export interface Look {
  readonly view: Viewpoint;
  readonly size: Size;
  /** How near one is: 1 for the whole map. */
  readonly zoom: number;
  /** Pixels of the screen for a pixel of the page. */
  readonly density: number;
  readonly isMoving: boolean;
  /** Milliseconds, of the frame. */
  readonly now: number;
  /** By family. */
  readonly colours: readonly Colour[];
  /** Of the ground. */
  readonly paper: Colour;
  /** Whether each family is shown; the others are faint. */
  readonly shown: readonly boolean[];
}

/** Draws the films as points. */
export interface Painter {
  /** Returns how many films it drew, the best known: all of them unless the map moves. */
  paint(look: Look): number;
  /** Gives back what it holds. */
  release(): void;
}

/** Opacity of a point, and of one that is not shown. */
export const OPACITY = 0.85;
export const FAINT = 0.06;

/** Radius of a film, pixels at the whole map, by how many people rated it. */
export function radiusOf(ratingCount: number): number {
  return 0.9 + 0.3 * Math.log2(1 + ratingCount);
}

/** How much points grow as one comes nearer. */
export function growthAt(zoom: number): number {
  return Math.min(3, zoom ** 0.3);
}
