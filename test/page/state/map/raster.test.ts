import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packed, Raster } from '../../../../worker/web/state/map/raster.ts';

const WHITE = packed([1, 1, 1]);
const RED = packed([1, 0, 0]);
const green = (pixel: number) => (pixel >> 8) & 0xff;

/** How much of white was covered by red, in whole pixels. */
function area({ pixels }: Raster): number {
  return pixels.reduce((sum, pixel) => sum + (255 - green(pixel)) / 255, 0);
}

function picture(width: number, height: number): Raster {
  const raster = new Raster(width, height);
  raster.clear(WHITE);
  return raster;
}

describe('a picture of discs', () => {
  it('has of a disc what a circle of its radius covers, wherever in a pixel its middle is', () => {
    const place = fc.double({ min: 20, max: 21, noNaN: true });
    fc.assert(
      fc.property(place, place, fc.integer({ min: 4, max: 40 }), (x, y, quarters) => {
        const raster = picture(41, 41);
        raster.disc(x, y, quarters / 4, RED, 1);
        expect(Math.abs(area(raster) / (Math.PI * (quarters / 4) ** 2) - 1)).toBeLessThan(0.2);
        const middle = raster.pixels[20 * 41 + 20];
        expect(green(middle)).toBeLessThan(64);
      }),
    );
  });

  it('shows at its edges what a wider picture shows there', () => {
    const coordinate = fc.integer({ min: -40, max: 80 }).map((quarter) => quarter / 4 + 0.1);
    fc.assert(
      fc.property(coordinate, coordinate, fc.integer({ min: 1, max: 24 }), (x, y, quarters) => {
        const [part, wide] = [picture(10, 12), picture(50, 52)];
        part.disc(x, y, quarters / 4, RED, 0.85);
        wide.disc(x + 20, y + 20, quarters / 4, RED, 0.85);
        const cut = Array.from(part.pixels, (_, at) => wide.pixels[(20 + Math.floor(at / 10)) * 50 + 20 + (at % 10)]);
        expect([...part.pixels]).toEqual(cut);
      }),
    );
  });

  it('lets through what is below by the opacity, and stays opaque itself', () => {
    const raster = picture(9, 9);
    raster.disc(4.5, 4.5, 3, packed([0, 0, 1]), 0.25);
    const middle = raster.pixels[4 * 9 + 4];
    expect([middle & 0xff, green(middle), (middle >> 16) & 0xff, middle >>> 24]).toEqual([191, 191, 255, 255]);
  });
});
