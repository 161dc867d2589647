/** What of the map an address asks for. */
export interface Place {
  /** The film that is pointed out. */
  readonly film?: number;
  /** The middle of the window, map units; without it, the film or the whole map is shown. */
  readonly centre?: readonly [x: number, y: number];
  /** 1: the whole map. */
  readonly zoom?: number;
}

/** Undefined: the whole map. */
export function readPlace(parameters: URLSearchParams): Place | undefined {
  const number = (name: string) => {
    const text = parameters.get(name);
    return text !== null && text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
  };
  const [film, x, y, zoom] = ['film', 'x', 'y', 'zoom'].map(number);
  const place: Place = {
    ...(film !== undefined && { film }),
    ...(x !== undefined &&
      y !== undefined && { centre: [x, y] as const, zoom: zoom !== undefined && zoom > 1 ? zoom : 1 }),
  };
  return Object.keys(place).length > 0 ? place : undefined;
}

export function writePlace(parameters: URLSearchParams, { film, centre, zoom = 1 }: Place): void {
  if (film !== undefined) parameters.set('film', String(film));
  if (!centre) return;
  const values = { x: centre[0], y: centre[1], zoom };
  for (const [name, value] of Object.entries(values)) parameters.set(name, String(Number(value.toPrecision(5))));
}
