import { LABEL_FONT } from './overlay.ts';

/**
 * Widths of many texts, pixels: sums of the widths of their letters, each of which is measured once. Kerning makes a text
 * narrower, hardly ever wider.
 */
export function widthsOf(context: CanvasRenderingContext2D, texts: readonly string[]): Float32Array {
  context.font = LABEL_FONT;
  const known = new Map<string, number>();
  const widthOf = (letter: string) => {
    let width = known.get(letter);
    if (width === undefined) {
      width = context.measureText(letter).width;
      known.set(letter, width);
    }
    return width;
  };
  return Float32Array.from(texts, (text) => {
    let width = 6; // a gap between neighbours
    for (const letter of text) width += widthOf(letter);
    return width;
  });
}
