import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { MarqueeError, short } from '../../shared/errors.ts';
import type { ImportedFile } from '../../shared/exchange/imported-file.ts';
import { type Choices, placeOf } from '../../shared/exchange/resolve.ts';
import type { NamedFile } from '../../shared/exchange/unpack.ts';
import { ratingShape } from '../../shared/ratings/new-rating.ts';
import type { AppEnv } from './app-env.ts';
import { refuseInvalid } from './problem.ts';

/** The most films that a person may choose for one file. */
export const MOST_CHOICES = 1000;

/** The most files of one form. */
const MOST_FILES = 10;

/** What a body brings. */
interface ImportBody {
  /** Nameless where the body is the file itself. */
  readonly files: readonly NamedFile[];
  readonly choices: Choices;
}

const choicesSchema = z.object({
  choices: z
    .array(z.strictObject({ file: z.string().optional(), line: z.int().min(1), movieId: ratingShape.movieId }))
    .max(MOST_CHOICES),
});

/** The multipart body in the API's document. */
export const formDocument = {
  type: 'object' as const,
  required: ['file'],
  properties: {
    file: {
      type: 'string' as const,
      format: 'binary',
      description:
        'The file, or several under this name, which count together. Its name tells what a list without stars is: ' +
        'watched.csv or watchlist.csv.',
    },
    choices: {
      type: 'string' as const,
      description:
        'JSON: which movie a line is, for lines that are listed as ambiguous or unmatched: ' +
        `\`[{"line": 7, "movieId": 2571}]\`, with \`file\` where the list has it. At most ${MOST_CHOICES}.`,
    },
  },
};

/** Reads the files of a request: the body itself, or a form's `file`s, with what the person chose. Throws `bad-body`. */
export async function readImportBody(c: Context<AppEnv>): Promise<ImportBody> {
  if (!c.req.header('Content-Type')?.toLowerCase().startsWith('multipart/form-data')) {
    return { files: [{ name: '', bytes: new Uint8Array(await c.req.arrayBuffer()) }], choices: new Map() };
  }
  const form = await c.req.formData().catch((cause: unknown) => {
    throw badForm('the form is damaged', cause);
  });
  const sent = form.getAll('file');
  if (sent.length === 0) throw badForm('the form has no file under the name "file"');
  if (sent.length > MOST_FILES) throw tooManyFiles(sent.length);
  return { files: await Promise.all(sent.map(fileOf)), choices: choicesOf(form.get('choices')) };
}

async function fileOf(file: File | string): Promise<NamedFile> {
  if (typeof file === 'string') throw badForm('the form has text under the name "file"');
  const name = short(file.name.split(/[\\/]/).at(-1) ?? '');
  return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

function tooManyFiles(count: number): MarqueeError {
  return new MarqueeError('bad-body', `the form has ${count} files, expected at most ${MOST_FILES}`, {
    fix: 'Send fewer at a time.',
  });
}

function choicesOf(field: File | string | null): Choices {
  if (field === null) return new Map();
  const data = { choices: parsed(String(field)) };
  const result = choicesSchema.safeParse(data);
  if (!result.success) {
    refuseInvalid({ target: 'json', success: false, error: result.error, data });
    throw badForm('choices are no list of lines and movies');
  }
  return new Map(result.data.choices.map((choice) => [placeOf(choice), choice.movieId]));
}

/** Throws `bad-body` where a film is chosen for a line that names none: the file may be another one by now. */
export function requireLines(choices: Choices, files: readonly ImportedFile[]): void {
  const places = new Set(files.flatMap(({ ratings, marks }) => [...ratings, ...marks].map(placeOf)));
  const at = [...choices.keys()].findIndex((place) => !places.has(place));
  if (at < 0) return;
  const line = [...choices.keys()][at].split(':').at(-1);
  throw new MarqueeError('bad-body', `choices.${at}.line: got ${line}, expected a line of the file that names a film`, {
    fix: 'Take line and file from the lists ambiguous and unmatched, of the same file.',
    details: { parameter: `choices.${at}.line`, got: line },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badForm('choices are no JSON', cause);
  }
}

function badForm(message: string, cause?: unknown): MarqueeError {
  return new MarqueeError('bad-body', message, {
    fix: 'Send the file as the body, or a form with the fields file and choices.',
    cause,
  });
}
