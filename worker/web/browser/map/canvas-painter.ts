import type { Films } from '../../state/map/films.ts';
import { toWindow } from '../../state/map/viewpoint.ts';
import { FAINT, growthAt, type Look, OPACITY, type Painter, radiusOf } from './painter.ts';

/** Points as squares on a plain canvas, for browsers without WebGL. */
export class CanvasPainter implements Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #films: Films;

  constructor(canvas: HTMLCanvasElement, films: Films) {
    this.#context = canvas.getContext('2d')!;
    this.#films = films;
  }

  paint({ count, view, size, zoom, density, colours, shown }: Look): void {
    const context = this.#context;
    const { x, y, families, ratingCounts } = this.#films;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const styles = colours.map((colour) => `rgb(${colour.map((part) => Math.round(255 * part)).join(' ')})`);
    const growth = growthAt(zoom);
    for (let film = count - 1; film >= 0; film--) {
      const [left, top] = toWindow(view, size, x[film], y[film]);
      if (left < 0 || top < 0 || left > size.width || top > size.height) continue;
      const family = families[film];
      const radius = radiusOf(ratingCounts[film]) * growth;
      context.fillStyle = styles[family];
      context.globalAlpha = shown[family] ? OPACITY : FAINT;
      context.fillRect(left - radius, top - radius, 2 * radius, 2 * radius);
    }
    context.globalAlpha = 1;
  }

  release(): void {}
}
