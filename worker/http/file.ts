import { z } from '@hono/zod-openapi';
import { answers } from './answers.ts';

/** The responses of a route that answers with a file to download. */
export const fileAnswers = {
  200: { description: 'The file.', content: { 'text/csv': { schema: z.string() } } },
  default: answers(z.never(), '').default,
};

/** Headers of a file to download. @param name never from a request */
export function fileHeaders(name: string) {
  return {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}"`,
  };
}
