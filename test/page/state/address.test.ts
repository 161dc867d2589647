import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hrefOf, isNarrowed, PATHS, readAddress } from '../../../worker/web/state/address.ts';

const read = (href: string) => readAddress(new URL(href, 'http://localhost'));

describe('an address of the page', () => {
  it('says what is looked at: a film, the ratings, a search, the filters of the list', () => {
    expect(read('/film/12?genre=Drama')).toMatchObject({ film: 12, list: { genre: ['Drama'] } });
    expect(read('/mine')).toMatchObject({ view: 'mine', film: null });
    expect(read('/loved?by=next')).toMatchObject({ view: 'loved', film: null, list: { by: 'next' } });
    expect(read('/?q=+matrix+')).toMatchObject({ search: 'matrix' });
    expect(read('/?by=rating&certainty=3&offset=20')).toMatchObject({
      offset: 20,
      list: { by: 'rating', certainty: '3' },
    });
  });

  it('leaves out what a form sends for nothing, and takes several terms from one field', () => {
    const sent =
      '/?by=relevance&popularity=0&diversity=0&yearFrom=&exclude=star+wars%2C+alien%2C&genre=Drama&genre=Drama';
    expect(read(sent).list).toEqual({ exclude: ['star wars', 'alien'], genre: ['Drama'] });
    expect(read('/?certainty=3').list).toEqual({}); // only lists by rating have one
    expect(read('/?by=rating&popularity=1').list).toEqual({ by: 'rating' }); // and these have no popularity
    expect(read('/?by=next&popularity=1&certainty=3').list).toEqual({ by: 'next', popularity: '1' });
    expect(isNarrowed(read('/?by=rating').list)).toBe(false);
    expect(isNarrowed(read(sent).list)).toBe(true);
  });

  it('is read back as it was written', () => {
    const term = fc.stringMatching(/^[a-zé0-9][a-zé0-9 &?#%+]{0,8}[a-z]$/);
    const place = fc.oneof(
      fc.nat(100_000).map((film) => ({ view: 'film' as const, film })),
      fc.constantFrom(...(Object.keys(PATHS) as (keyof typeof PATHS)[])).map((view) => ({ view, film: null })),
    );
    const rest = fc.record({
      search: fc.oneof(fc.constant(''), term),
      offset: fc.nat(100),
      list: fc.record(
        { genre: fc.uniqueArray(term, { minLength: 1, maxLength: 3 }), yearTo: fc.constant('1999') },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(place, rest, (place, rest) => {
        const written = { ...place, ...rest };
        expect(read(hrefOf(written))).toEqual(written);
      }),
    );
  });
});
