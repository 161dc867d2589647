import type { Films } from '../../state/map/films.ts';
import { CanvasPainter } from './canvas-painter.ts';
import type { Painter } from './painter.ts';
import { WebglPainter } from './webgl-painter.ts';

/** A painter by WebGL where there is one, else by the processor. */
export function painterFor(canvas: HTMLCanvasElement, films: Films, onLost: () => void): Painter {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: true, premultipliedAlpha: true });
  if (!gl) return new CanvasPainter(canvas, films);
  canvas.addEventListener('webglcontextlost', (event) => {
    event.preventDefault();
    onLost();
  });
  return new WebglPainter(gl, films);
}
