/** Labels of points, those of more importance first; each is centred above its point. */
export interface Labels {
  readonly x: Float32Array; // (N), map units
  readonly y: Float32Array; // (N)
  readonly widths: Float32Array; // (N), pixels
  /** Pixels, of all of them. */
  readonly height: number;
}

/** Pixels for a map unit, the least and the most that is ever shown. */
export interface ScaleRange {
  readonly least: number;
  readonly most: number;
}

/** Steps of the scale in a doubling. */
const STEPS = 2;

/**
 * From which scale on each label is shown. Scales are gone through upwards: at each, the labels that overlap none of those
 * that are shown join them, the most important first. Coming nearer only takes labels apart, so no two of them ever
 * overlap, one that is there stays there, and moving the map changes none (active ranges: Been, Daiches & Yap,
 * "Dynamic map labeling", IEEE TVCG 12, 2006).
 */
export class LabelRanges {
  /** Scale from which on the label is shown; infinite where it never is, and where it is not worked out yet. */
  readonly from: Float32Array; // (N)
  readonly #labels: Labels;
  readonly #most: number;
  readonly #widest: number;
  #scale: number;
  /** The labels shown, by cells as large as a label: one overlaps others of its own and the neighbouring cells only. */
  #cells = new Map<number, number[]>();
  /** The labels shown, by scale and importance, and how many of them stand in the cells of this scale. */
  readonly #shown: number[] = [];
  #entered = 0;
  /** Labels that are not shown yet, by importance, and how many of them were looked at at this scale. */
  #waiting: Int32Array;
  #seen = 0;
  #left = 0;

  constructor(labels: Labels, { least, most }: ScaleRange) {
    this.#labels = labels;
    this.#scale = least;
    this.#most = most;
    this.from = new Float32Array(labels.x.length).fill(Infinity);
    this.#waiting = Int32Array.from(this.from, (_, label) => label);
    this.#widest = labels.widths.reduce((most, width) => Math.max(most, width), 1);
  }

  /** The scale that is being worked out; below it all labels are known. */
  get scale(): number {
    return this.#scale;
  }

  get isDone(): boolean {
    return this.#scale > this.#most;
  }

  /** Enters or looks at so many more labels. */
  workOut(count: number): void {
    for (let n = 0; n < count && !this.isDone; n++) {
      if (this.#entered < this.#shown.length) this.#enter(this.#shown[this.#entered++]);
      else if (this.#seen === this.#waiting.length) this.#nextScale();
      else this.#look(this.#waiting[this.#seen++]);
    }
  }

  #look(label: number): void {
    if (this.#isFree(label, ...this.#cellOf(label))) {
      this.from[label] = this.#scale;
      this.#shown.push(label); // and entered next
    } else this.#waiting[this.#left++] = label;
  }

  #cellOf(label: number): [column: number, row: number] {
    const { x, y, height } = this.#labels;
    return [Math.floor((x[label] * this.#scale) / this.#widest), Math.floor((y[label] * this.#scale) / height)];
  }

  #isFree(label: number, column: number, row: number): boolean {
    const { x, y, widths, height } = this.#labels;
    for (let r = row - 1; r <= row + 1; r++) {
      for (let c = column - 1; c <= column + 1; c++) {
        for (const other of this.#cells.get(keyOf(c, r)) ?? []) {
          const across = 2 * Math.abs(x[label] - x[other]) * this.#scale < widths[label] + widths[other];
          if (across && Math.abs(y[label] - y[other]) * this.#scale < height) return false;
        }
      }
    }
    return true;
  }

  #enter(label: number): void {
    const key = keyOf(...this.#cellOf(label));
    const cell = this.#cells.get(key);
    if (cell) cell.push(label);
    else this.#cells.set(key, [label]);
  }

  #nextScale(): void {
    this.#scale *= 2 ** (1 / STEPS);
    this.#waiting = this.#waiting.subarray(0, this.#left);
    this.#seen = this.#left = this.#entered = 0;
    this.#cells = new Map();
  }
}

function keyOf(column: number, row: number): number {
  return (column + 2 ** 20) * 2 ** 21 + row + 2 ** 20;
}
