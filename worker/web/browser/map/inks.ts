import { FAMILIES } from '../../state/map/families.ts';
import type { Inks } from './overlay.ts';
import type { Colour } from './painter.ts';

/** What the page's styles say about the colours of the map: those of its frame and of its legend. */
export interface Palette {
  readonly inks: Inks;
  readonly families: readonly Colour[];
  readonly paper: Colour;
}

export function readPalette(chart: HTMLElement, frame: HTMLElement): Palette {
  const colourOf = (key: string) => getComputedStyle(chart.querySelector(`[data-key="${key}"]`)!).color;
  const { color, backgroundColor } = getComputedStyle(frame);
  return {
    inks: {
      text: color,
      paper: backgroundColor,
      me: colourOf('me'),
      rated: colourOf('rated'),
      list: colourOf('list'),
    },
    families: FAMILIES.map((_, at) => parse(colourOf(`family-${at}`))),
    paper: parse(backgroundColor),
  };
}

/** "rgb(213, 94, 0)" → 0.84, 0.37, 0 */
function parse(colour: string): Colour {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255);
  return [red, green, blue];
}

/** Calls back when the page changes between dark, light and forced colours. Returns how to end that. */
export function onColourChange(change: () => void): () => void {
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', change);
  return () => {
    for (const query of queries) query.removeEventListener('change', change);
  };
}
