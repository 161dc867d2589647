import type { Catalogue } from '../model/model.ts';
import { titlesIn } from '../title.ts';
import { alikeKeyOf, partTitles } from './title-key.ts';

/** What a title is taken for: the whole of it, what it has behind the name of an author or maker, or a part. */
type Form = 'whole' | 'behind name' | 'front' | 'back';

interface Alike {
  readonly key: string;
  readonly form: Form;
}

type Titled = Pick<Catalogue, 'count' | 'years' | 'title'>;

interface Filed {
  readonly row: number;
  readonly form: Form;
}

/** "National Lampoon's Vacation". */
const BEHIND_NAME = /^.*?(?:['’]s|s['’]) (?=\S)/;
/** Letters of the end of a title that two films hardly share in one year. */
const LETTERS_OF_BACK = 8;

/** Finds films whose titles are much like one that no film has: what somebody may have meant, never what they surely did. */
export class AlikeTitles {
  readonly #catalogue: Titled;
  /** By year, then by the keys of their titles: made for a year when it is first asked for. */
  readonly #years = new Map<number, ReadonlyMap<string, readonly Filed[]>>();

  constructor(catalogue: Titled) {
    this.#catalogue = catalogue;
  }

  /** Films of the year; none where it is not known. */
  rowsLike(titles: readonly string[], year: number | null): number[] {
    if (year === null || titles.length === 0) return [];
    const films = this.#years.get(year) ?? filed(this.#catalogue, year);
    this.#years.set(year, films);
    const rows = titles.flatMap(formsOf).flatMap(({ key, form }) => {
      return (films.get(key) ?? []).filter((film) => areAlike(film.form, form, key)).map(({ row }) => row);
    });
    return [...new Set(rows)];
  }
}

function filed({ count, years, title }: Titled, year: number): Map<string, Filed[]> {
  const films = new Map<string, Filed[]>();
  for (let row = 0; row < count; row++) {
    if (years[row] !== year) continue;
    for (const { key, form } of formsOf(title(row))) {
      const others = films.get(key);
      if (others) others.push({ row, form });
      else films.set(key, [{ row, form }]);
    }
  }
  return films;
}

function areAlike(one: Form, other: Form, { length }: string): boolean {
  return one === 'whole' || other === 'whole' || (one === 'back' && other === 'back' && length >= LETTERS_OF_BACK);
}

function formsOf(title: string): Alike[] {
  const whole = titlesIn(title);
  const behind = whole.filter((one) => BEHIND_NAME.test(one)).map((one) => one.replace(BEHIND_NAME, ''));
  const forms: { readonly title: string; readonly form: Form }[] = [
    ...whole.map((one) => ({ title: one, form: 'whole' as const })),
    ...behind.map((one) => ({ title: one, form: 'behind name' as const })),
    ...partTitles(title).map(({ title: part, place }) => ({ title: part, form: place })),
  ];
  return forms.map(({ title: one, form }) => ({ key: alikeKeyOf(one), form })).filter(({ key }) => key !== '');
}
