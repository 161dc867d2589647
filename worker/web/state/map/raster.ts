/** Parts of a pixel in which radii and places are told apart. */
const STEPS = 4;
/** Parts in which a pixel goes from one colour to another. */
const WHOLE = 256;

/** The pixels that a disc covers, relative to the one in which its middle is. */
interface Mask {
  readonly reach: number; // the farthest of them, pixels across or down
  readonly across: Int16Array; // (P)
  readonly down: Int16Array; // (P)
  readonly places: Int32Array; // (P), among the pixels of the picture
  readonly coverage: Uint16Array; // (P), 1 to WHOLE
}

/** A picture of discs, drawn by the processor. What a disc covers is worked out once for each radius and place in a pixel. */
export class Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array<ArrayBuffer>; // (height, width), as `packed`
  readonly #masks: Mask[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }

  clear(colour: number): void {
    this.pixels.fill(colour);
  }

  /** @param x pixels, as `y` and `radius` @param colour as `packed` @param opacity 0 to 1 */
  disc(x: number, y: number, radius: number, colour: number, opacity: number): void {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const mask = this.#maskOf(radius, x - left, y - top);
    const { reach } = mask;
    const { width, height } = this;
    const isOut = left + reach < 0 || top + reach < 0 || left - reach >= width || top - reach >= height;
    if (isOut) return;
    const isInside = left >= reach && top >= reach && left + reach < width && top + reach < height;
    const { across, down, places, coverage } = mask;
    const middle = top * width + left;
    const most = Math.round(opacity * WHOLE);
    const { pixels } = this;
    for (let p = 0; p < places.length; p++) {
      if (!isInside && !this.#has(left + across[p], top + down[p])) continue;
      const at = middle + places[p];
      pixels[at] = mixed(pixels[at], colour, (coverage[p] * most) >> 8);
    }
  }

  #has(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  /** @param x where in its pixel the middle is, 0 to 1, as `y` */
  #maskOf(radius: number, x: number, y: number): Mask {
    const key = (Math.round(radius * STEPS) * STEPS + Math.floor(x * STEPS)) * STEPS + Math.floor(y * STEPS);
    this.#masks[key] ??= maskOf(key, this.width);
    return this.#masks[key];
  }
}

/** A colour as four bytes of `ImageData`, on machines that put the lowest first; parts 0 to 1. */
export function packed([red, green, blue]: readonly [number, number, number]): number {
  const byte = (part: number) => Math.round(255 * part);
  return (0xff000000 | (byte(blue) << 16) | (byte(green) << 8) | byte(red)) >>> 0;
}

function maskOf(key: number, width: number): Mask {
  const middle = (step: number) => (step + 0.5) / STEPS;
  const y = middle(key % STEPS);
  const x = middle(Math.floor(key / STEPS) % STEPS);
  const radius = Math.floor(key / STEPS ** 2) / STEPS;
  const reach = Math.ceil(radius + 0.5);
  const side = Array.from({ length: 2 * reach + 1 }, (_, at) => at - reach);
  const covered = side
    .flatMap((down) => side.map((across) => ({ across, down, away: Math.hypot(across + 0.5 - x, down + 0.5 - y) })))
    .map(({ away, ...place }) => ({ ...place, coverage: Math.round(WHOLE * Math.min(1, radius + 0.5 - away)) }))
    .filter(({ coverage }) => coverage > 0);
  return {
    reach,
    across: Int16Array.from(covered, ({ across }) => across),
    down: Int16Array.from(covered, ({ down }) => down),
    places: Int32Array.from(covered, ({ across, down }) => down * width + across),
    coverage: Uint16Array.from(covered, ({ coverage }) => coverage),
  };
}

/** Two opaque colours, red and blue at a time. @param share of the second, 0 to WHOLE */
function mixed(below: number, above: number, share: number): number {
  const rest = WHOLE - share;
  const redBlue = (Math.imul(below & 0xff00ff, rest) + Math.imul(above & 0xff00ff, share)) >>> 8;
  const green = (Math.imul(below & 0x00ff00, rest) + Math.imul(above & 0x00ff00, share)) >>> 8;
  return 0xff000000 | (redBlue & 0xff00ff) | (green & 0x00ff00);
}
