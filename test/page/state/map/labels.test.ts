import { describe, expect, it } from 'vitest';
import { LabelRanges } from '../../../../worker/web/state/map/labels.ts';
import { mulberry } from '../../../fixtures/random.ts';

const HEIGHT = 16;

/** Points of a Gaussian cloud, labels of 20 to 160 pixels. */
function cloud(count: number) {
  const random = mulberry(11);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    x: Float32Array.from({ length: count }, gaussian),
    y: Float32Array.from({ length: count }, gaussian),
    widths: Float32Array.from({ length: count }, () => 20 + 140 * random()),
    height: HEIGHT,
  };
}

function ranged(labels: ReturnType<typeof cloud>, { least = 80, most = 80 * 64, atATime = 1000 } = {}) {
  const ranges = new LabelRanges(labels, { least, most });
  while (!ranges.isDone) ranges.workOut(atATime);
  return ranges.from;
}

const shownAt = (from: ArrayLike<number>, scale: number) =>
  Array.from(from, (_, label) => label).filter((label) => from[label] <= scale);

function overlaps(labels: ReturnType<typeof cloud>, a: number, b: number, scale: number): boolean {
  const { x, y, widths, height } = labels;
  const across = Math.abs(x[a] - x[b]) * scale < (widths[a] + widths[b]) / 2 - 1e-3;
  return across && Math.abs(y[a] - y[b]) * scale < height - 1e-3;
}

describe('labels of the map', () => {
  const labels = cloud(1500);
  const from = ranged(labels);

  it('never overlap, at no scale', () => {
    for (const scale of [80, 97, 160, 333, 1200, 5000]) {
      const shown = shownAt(from, scale);
      expect(shown.length).toBeGreaterThan(20);
      for (const [at, a] of shown.entries()) {
        expect(shown.slice(at + 1).filter((b) => overlaps(labels, a, b, scale))).toEqual([]);
      }
    }
  });

  it('stay when one comes nearer, and more come to them', () => {
    let before: number[] = [];
    for (let scale = 80; scale < 5000; scale *= 1.3) {
      const shown = shownAt(from, scale);
      expect(before.filter((label) => !shown.includes(label))).toEqual([]);
      before = shown;
    }
    expect(before.length).toBeGreaterThan(1000);
  });

  it('leave no room unused at the scale of the whole map, and prefer what is more important', () => {
    const shown = shownAt(from, 80);
    expect(shown[0]).toBe(0);
    for (const [label] of from.entries()) {
      if (shown.includes(label)) continue;
      const inTheWay = shown.filter((other) => overlaps(labels, label, other, 80));
      expect(inTheWay.some((other) => other < label)).toBe(true);
    }
  });

  it('are the same however they are worked out', () => {
    expect(ranged(labels, { atATime: 7 })).toEqual(from);
  });

  it('show one of several points at the same place, the most important', () => {
    const same = { ...cloud(3), x: new Float32Array(3), y: new Float32Array(3) };
    expect([...ranged(same)]).toEqual([80, Infinity, Infinity]);
  });

  it('are worked out for no films at all', () => {
    expect(ranged(cloud(0))).toHaveLength(0);
  });
});
