import { titlesIn } from '../title.ts';
import { alikeKeyOf, partTitles } from './title-key.ts';

/** What a title is taken for: the whole of it, what it has behind the name of an author or maker, or a part. */
type Form = 'whole' | 'behind name' | 'front' | 'back';

interface Alike {
  readonly key: string;
  readonly form: Form;
}

/** "National Lampoon's Vacation". */
const BEHIND_NAME = /^.*?(?:['’]s|s['’]) (?=\S)/;
/** Letters of the end of a title that two films hardly share in one year. */
const LETTERS_OF_BACK = 8;

/** Finds films whose titles are much like one that no film has: what somebody may have meant, never what they surely did. */
export class AlikeTitles {
  readonly #films = new Map<string, { readonly row: number; readonly form: Form }[]>();

  add(row: number, title: string): void {
    for (const { key, form } of formsOf(title)) {
      const films = this.#films.get(key) ?? [];
      films.push({ row, form });
      this.#films.set(key, films);
    }
  }

  /** The rows, each once. */
  rowsLike(titles: readonly string[]): number[] {
    const rows = titles.flatMap(formsOf).flatMap(({ key, form }) => {
      const films = this.#films.get(key) ?? [];
      return films.filter((film) => areAlike(film.form, form, key)).map(({ row }) => row);
    });
    return [...new Set(rows)];
  }
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
