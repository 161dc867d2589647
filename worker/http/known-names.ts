import * as z from 'zod';
import { editsTo } from '../recommend/titles/edits.ts';

/** Issues keep no schema, so names that an object does not know get their fix while it is there. */
z.config({
  customError: (issue) => (issue.code === 'unrecognized_keys' ? fixOf(issue.keys[0], issue.inst) : undefined),
});

/** Edits between a name and the one that was meant. */
const MOST_EDITS = 2;

function fixOf(name: string, schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodObject)) return undefined;
  const known = Object.keys(schema.shape);
  const near = nearest(name, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? 'It takes none.' : `Known are ${known.join(', ')}.`;
}

/** The name that is like another: but for capitals and signs, a few letters, or an end that one of them lacks. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const asked = plain(name);
  const edits = (other: string) => editsTo(asked, plain(other), [0, plain(other).length], MOST_EDITS);
  const least = known.toSorted((a, b) => edits(a) - edits(b))[0];
  const most = Math.min(MOST_EDITS, Math.floor(asked.length / 3));
  if (least !== undefined && edits(least) <= most) return least;
  const begun = (other: string) => plain(other).startsWith(asked) || asked.startsWith(plain(other));
  return asked.length < 3 ? undefined : known.find((other) => plain(other).length > 1 && begun(other));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
