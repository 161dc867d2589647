import type { Films } from '../../state/map/films.ts';
import { CanvasPainter } from './canvas-painter.ts';
import type { Painter } from './painter.ts';
import { WebglPainter } from './webgl-painter.ts';

/** Drivers by which the processor stands in for a graphics card. */
const SOFTWARE = /SwiftShader|llvmpipe|softpipe|Basic Render|software/i;

/** A painter by WebGL where a graphics card draws it; the processor is quicker by itself than in a card's stead. */
export function painterFor(canvas: HTMLCanvasElement, films: Films, onLost: () => void): Painter {
  const gl = hasGraphicsCard()
    ? canvas.getContext('webgl2', { antialias: false, alpha: true, premultipliedAlpha: true })
    : null;
  if (!gl) return new CanvasPainter(canvas, films);
  canvas.addEventListener('webglcontextlost', (event) => {
    event.preventDefault();
    onLost();
  });
  return new WebglPainter(gl, films);
}

function hasGraphicsCard(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return false;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !SOFTWARE.test(name);
}
