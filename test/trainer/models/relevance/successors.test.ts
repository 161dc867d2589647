import { describe, expect, it } from 'vitest';
import { weightsOfHistory } from '../../../../shared/model/history.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { fitSuccessors } from '../../../../trainer/models/relevance/successors.ts';
import { seededData } from '../../engines/cases/data.ts';

const liked = { decay: 5, floor: 0.2, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.3 };
const recent = { decay: 2, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 };
const last = { ...recent, decay: 0.7 };

const C = 9;
const F = 2;
const settings = { history: [liked, recent], scales: [last, recent], first: 2, ridge: 1.5, most: C };

/** Four people; one rated a film outside the core in between. */
function people() {
  const histories = [
    [0, 1, 2, 3, 4, 5],
    [8, 1, 2, -1, 3, 7, 6],
    [1, 2],
    [5, 4, 1, 2, 0],
  ];
  const indices = Int32Array.from(histories.flat());
  return {
    rows: histories.length,
    columns: C,
    offsets: Int32Array.of(0, 6, 13, 15, 20),
    indices,
    values: Float32Array.from(indices, (_, k) => 1 + ((k * 7) % 5)),
  };
}

describe('fitSuccessors', () => {
  const { values } = seededData(5);
  const vectors = {
    factors: F,
    output: Float32Array.from(values(C * F, -0.3, 0.3)),
    history: Float32Array.from(values(C * 2 * F, -0.3, 0.3)),
  };

  it('gives the positive part of half a Jacobi step over rows that are written out', async () => {
    const sequences = people();
    const [pairs, energy] = [
      settings.scales.map(() => new Float64Array(C * C)),
      settings.scales.map(() => new Float64Array(C)),
    ];
    for (let u = 0; u < sequences.rows; u++) {
      const films = sequences.indices.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
      const stars = sequences.values.subarray(sequences.offsets[u], sequences.offsets[u + 1]);
      for (let t = settings.first; t < films.length; t++) {
        const left = new Float64Array(C);
        if (films[t] >= 0) left[films[t]] = 1;
        const state = new Float64Array(F);
        settings.history.forEach((scale, s) => {
          weightsOfHistory(stars.subarray(0, t), scale).forEach((v, j) => {
            for (let f = 0; films[j] >= 0 && f < F; f++) state[f] += v * vectors.history[(films[j] * 2 + s) * F + f];
          });
        });
        for (let i = 0; i < C; i++) for (let f = 0; f < F; f++) left[i] -= state[f] * vectors.output[i * F + f];
        settings.scales.forEach((scale, q) => {
          weightsOfHistory(stars.subarray(0, t), scale).forEach((v, j) => {
            if (films[j] < 0) return;
            energy[q][films[j]] += v * v;
            for (let i = 0; i < C; i++) pairs[q][films[j] * C + i] += v * left[i];
          });
        });
      }
    }
    const { starts, successors, weights } = await fitSuccessors(jsEngine(), sequences, vectors, settings);
    const got = settings.scales.map(() => new Float64Array(C * C));
    for (let film = 0; film < C; film++) {
      for (let l = starts[film]; l < starts[film + 1]; l++) {
        got.forEach((matrix, q) => {
          matrix[film * C + successors[l]] = weights[l * 2 + q];
        });
      }
    }
    for (const q of [0, 1]) {
      for (let at = 0; at < C * C; at++) {
        const film = Math.floor(at / C);
        const wanted = at % C === film ? 0 : Math.max(0, (0.5 * pairs[q][at]) / (energy[q][film] + settings.ridge));
        expect(got[q][at]).toBeCloseTo(wanted, 3);
      }
    }
    expect(starts[2] - starts[1]).toBeGreaterThan(0);
  });

  it('keeps the largest of each film and scale', async () => {
    const whole = await fitSuccessors(jsEngine(), people(), vectors, { ...settings, scales: [recent] });
    const { starts, successors, weights } = await fitSuccessors(jsEngine(), people(), vectors, {
      ...settings,
      scales: [recent],
      most: 2,
    });
    for (let film = 0; film < C; film++) {
      const all = [...whole.weights.subarray(whole.starts[film], whole.starts[film + 1])].sort((a, b) => b - a);
      expect([...weights.subarray(starts[film], starts[film + 1])].sort((a, b) => b - a)).toEqual(all.slice(0, 2));
    }
    expect(successors.length).toBe(weights.length);
  });
});
