import type { Films } from '../../state/map/films.ts';
import { packed, Raster } from '../../state/map/raster.ts';
import { Detail } from './detail.ts';
import { FAINT, growthAt, type Look, OPACITY, type Painter, radiusOf } from './painter.ts';

/** Milliseconds that the points of a frame take. */
const PACE = { slow: 12, fast: 9 };
/** While the map moves, points are coarser where all pixels of the screen take more milliseconds than this. */
const QUICK = 5;

/** Points by the processor, for machines without a graphics card. */
export class CanvasPainter implements Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #films: Films;
  readonly #radii: Float32Array; // (films)
  readonly #detail: Detail;
  /** For all pixels of the screen, and coarser. */
  readonly #rasters = { fine: new Raster(1, 1), coarse: new Raster(1, 1) };
  /** Milliseconds that all films took on all pixels of the screen. */
  #took = 0;

  constructor(canvas: HTMLCanvasElement, films: Films) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false, willReadFrequently: true })!;
    this.#films = films;
    this.#radii = Float32Array.from(films.ratingCounts, radiusOf);
    this.#detail = new Detail(films.count, PACE);
  }

  paint(look: Look): number {
    const began = performance.now();
    const { isMoving, density } = look;
    const count = isMoving ? this.#detail.count : this.#films.count;
    const isCoarse = isMoving && density > 1 && this.#took > QUICK;
    this.#draw(look, count, this.#rasterOf(look, isCoarse ? 'coarse' : 'fine'));
    const took = performance.now() - began;
    if (isMoving) this.#detail.learn(took);
    else this.#took = took;
    return count;
  }

  release(): void {}

  #draw({ view, size, zoom, colours, paper, shown }: Look, count: number, raster: Raster): void {
    const density = raster.width / size.width;
    const { x, y, families } = this.#films;
    const inks = colours.map(packed);
    const growth = growthAt(zoom) * density;
    const scale = view.scale * density;
    const [left, top] = [raster.width / 2 - scale * view.x, raster.height / 2 + scale * view.y];
    raster.clear(packed(paper));
    for (let film = count - 1; film >= 0; film--) {
      const family = families[film];
      const [across, down] = [left + scale * x[film], top - scale * y[film]];
      raster.disc(across, down, growth * this.#radii[film], inks[family], shown[family] ? OPACITY : FAINT);
    }
    const bytes = new Uint8ClampedArray(raster.pixels.buffer);
    this.#context.putImageData(new ImageData(bytes, raster.width, raster.height), 0, 0);
  }

  #rasterOf({ size, density }: Look, kind: 'fine' | 'coarse'): Raster {
    const pixels = kind === 'fine' ? density : 1; // for one of the page
    const [width, height] = [Math.round(size.width * pixels), Math.round(size.height * pixels)];
    const known = this.#rasters[kind];
    if (known.width !== width || known.height !== height) this.#rasters[kind] = new Raster(width, height);
    const canvas = this.#canvas;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    return this.#rasters[kind];
  }
}
