import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../shared/artifact/manifest.ts';
import { jumpsOf } from '../../../../trainer/retrain/verdict/jumps.ts';

function manifestOf(tau: number, movies: number, model = 'vb', factors = 63): Manifest {
  return { tau, factors, config: { model }, dataset: { movies } } as unknown as Manifest;
}

const served = manifestOf(1.8, 9066);

describe('a jump', () => {
  it('a precision that falls or rises by more than a quarter is a jump, with both figures', () => {
    expect(jumpsOf(served, manifestOf(1.13, 9066))).toEqual(['rating precision 1.800 → 1.130, more than 25%']);
    expect(jumpsOf(served, manifestOf(2.3, 9066))).toHaveLength(1);
    expect(jumpsOf(served, manifestOf(1.36, 9066))).toEqual([]);
    expect(jumpsOf(served, manifestOf(2.2, 9066))).toEqual([]);
  });

  it('a catalogue that grows or shrinks by more than a tenth is a jump', () => {
    expect(jumpsOf(served, manifestOf(1.8, 59_066))).toEqual(['catalogue 9066 → 59066 films, more than 10%']);
    expect(jumpsOf(served, manifestOf(1.8, 8000))).toHaveLength(1);
    expect(jumpsOf(served, manifestOf(1.8, 9900))).toEqual([]);
  });

  it('precisions of models of another kind or size are not compared', () => {
    expect(jumpsOf(served, manifestOf(0.9, 9066, 'dot'))).toEqual([]);
    expect(jumpsOf(served, manifestOf(0.9, 9066, 'vb', 20))).toEqual([]);
  });
});
