import { FAMILIES } from '../../state/map/families.ts';
import type { Films } from '../../state/map/films.ts';
import { Detail } from './detail.ts';
import { FAINT, growthAt, type Look, OPACITY, type Painter, radiusOf } from './painter.ts';

const VERTEX = `#version 300 es
in vec2 place;
in float radius;
in float family;
uniform vec2 middle;
uniform vec2 scale; // clip space for a map unit
uniform float growth; // pixels of the screen for one of a radius
uniform vec4 colours[${FAMILIES.length}]; // with opacity
out vec4 colour;
out float pixels;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  pixels = radius * growth;
  gl_PointSize = 2.0 * pixels + 1.0;
  colour = colours[int(family)];
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
in float pixels;
out vec4 result;
void main() {
  float away = length(gl_PointCoord - 0.5) * (2.0 * pixels + 1.0);
  float opacity = colour.a * clamp(pixels + 0.5 - away, 0.0, 1.0);
  result = vec4(colour.rgb * opacity, opacity);
}`;

type Uniform = 'middle' | 'scale' | 'growth' | 'colours';

/** Milliseconds from one frame to the next. */
const PACE = { slow: 24, fast: 18 };
/** After so many a frame tells nothing about the one before. */
const APART = 250;

/** Points by WebGL: a program, one buffer, one call a frame. */
export class WebglPainter implements Painter {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #films: number;
  readonly #detail: Detail;
  readonly #uniforms: Readonly<Record<Uniform, WebGLUniformLocation | null>>;
  #before = Number.NEGATIVE_INFINITY;

  constructor(gl: WebGL2RenderingContext, films: Films) {
    this.#gl = gl;
    this.#films = films.count;
    this.#detail = new Detail(films.count, PACE);
    this.#program = programOf(gl);
    gl.useProgram(this.#program);
    const at = (name: Uniform) => gl.getUniformLocation(this.#program, name);
    this.#uniforms = { middle: at('middle'), scale: at('scale'), growth: at('growth'), colours: at('colours') };
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#fill(films);
  }

  paint({ now, isMoving, view, size, zoom, density, colours, shown }: Look): number {
    const gl = this.#gl;
    const { middle, scale, growth, colours: colour } = this.#uniforms;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(middle, view.x, view.y);
    gl.uniform2f(scale, (2 * view.scale) / size.width, (2 * view.scale) / size.height);
    gl.uniform1f(growth, growthAt(zoom) * density);
    const opacity = shown.map((is) => (is ? OPACITY : FAINT));
    gl.uniform4fv(
      colour,
      colours.flatMap((rgb, family) => [...rgb, opacity[family]]),
    );
    const count = isMoving ? this.#countAt(now) : this.#films;
    gl.drawArrays(gl.POINTS, this.#films - count, count);
    return count;
  }

  release(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  /** The card draws while the script goes on, so that only the next frame tells how long it took. */
  #countAt(now: number): number {
    const took = now - this.#before;
    this.#before = now;
    if (took < APART) this.#detail.learn(took);
    return this.#detail.count;
  }

  /** One line of four numbers a film. The best known come last, above the others. */
  #fill({ count, x, y, ratingCounts, families }: Films): void {
    const gl = this.#gl;
    const lines = new Float32Array(4 * count);
    for (let film = 0, at = 4 * (count - 1); film < count; film++, at -= 4) {
      lines[at] = x[film];
      lines[at + 1] = y[film];
      lines[at + 2] = radiusOf(ratingCounts[film]);
      lines[at + 3] = families[film];
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, lines, gl.STATIC_DRAW);
    for (const [name, length, from] of [
      ['place', 2, 0],
      ['radius', 1, 2],
      ['family', 1, 3],
    ] as const) {
      const location = gl.getAttribLocation(this.#program, name);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, length, gl.FLOAT, false, 16, 4 * from);
    }
  }
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`the map's shaders: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
