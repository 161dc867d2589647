/** A rectangle, in pixels. */
export interface Box {
  readonly x: number; // left
  readonly y: number; // top
  readonly width: number;
  readonly height: number;
}

/** A point to name. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** An anchor with the place of its text. */
export interface Label extends Anchor {
  readonly box: Box;
}

export interface LabelSettings {
  /** Area that labels stay in. */
  readonly area: Box;
  readonly fontSize: number;
}

const LINE_HEIGHT = 1.2;
/** Mean width of a letter, in font sizes; enough for the widest common sans-serif fonts. */
const LETTER = 0.58;
/** Pixels between a point and its label, and between labels. */
const GAP = 3;
const DIRECTIONS = 24;
/** Pixels by which the circle of places grows. */
const STEP = 4;

/**
 * Places labels without overlaps, greedily: the first anchors get the best places. Each label tries places on growing
 * circles around its point, to the right first, and takes the first one without another label or point. A label without a
 * free place inside the area is left out.
 */
export function placeLabels(anchors: readonly Anchor[], { area, fontSize }: LabelSettings): Label[] {
  const points = anchors.map(({ x, y }) => ({ x: x - GAP, y: y - GAP, width: 2 * GAP, height: 2 * GAP }));
  const placed: Label[] = [];
  for (const [index, anchor] of anchors.entries()) {
    const size = { width: LETTER * fontSize * anchor.text.length, height: LINE_HEIGHT * fontSize };
    const free = (box: Box) =>
      isInside(box, area) &&
      placed.every((label) => !overlap(label.box, box)) &&
      points.every((point, other) => other === index || !overlap(point, box));
    const box = places(anchor, size, Math.hypot(area.width, area.height) / 3).find(free);
    if (box) placed.push({ ...anchor, box });
  }
  return placed;
}

/** Boxes around a point, the nearest first; each touches the circle with its nearest edge or corner. */
function places({ x, y }: Anchor, { width, height }: Pick<Box, 'width' | 'height'>, farthest: number): Box[] {
  const found: Box[] = [];
  for (let radius = GAP + 2; radius < farthest; radius += STEP) {
    for (let turn = 0; turn < DIRECTIONS; turn++) {
      const half = Math.ceil(turn / 2) * (turn % 2 === 0 ? 1 : -1);
      const angle = (2 * Math.PI * half) / DIRECTIONS;
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
      found.push({
        x: x + dx * radius + (Math.abs(dx) < 0.3 ? -width / 2 : dx > 0 ? 0 : -width),
        y: y + dy * radius + ((dy - 1) * height) / 2,
        width,
        height,
      });
    }
  }
  return found;
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function isInside(a: Box, b: Box): boolean {
  return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
}
