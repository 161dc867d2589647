import { describe, expect, it } from 'vitest';
import { foldTitle, naturalTitle } from '../../shared/title.ts';

describe('naturalTitle', () => {
  it.each([
    ['Matrix, The', 'The Matrix'],
    ['Beautiful Mind, A', 'A Beautiful Mind'],
    ["Aventure, L'", "L'Aventure"],
    ['Misérables, Les', 'Les Misérables'],
    [
      'City of Lost Children, The (Cité des enfants perdus, La)',
      'The City of Lost Children (Cité des enfants perdus, La)',
    ],
    ['Good, the Bad and the Ugly, The', 'The Good, the Bad and the Ugly'],
    ['The Thing', 'The Thing'],
    ['Seven', 'Seven'],
    ['Yesterday, Today and Tomorrow', 'Yesterday, Today and Tomorrow'],
  ])('the title %s becomes %s', (title, natural) => {
    expect(naturalTitle(title)).toBe(natural);
  });
});

describe('foldTitle', () => {
  it.each([
    ['Amélie', 'amelie'],
    ['MATRIX, The', 'the matrix'],
    ['  Señor   Ñandú ', 'senor nandu'],
    ["Été, L'", "l'ete"],
  ])('the title %s becomes %s', (title, folded) => {
    expect(foldTitle(title)).toBe(folded);
  });
});
