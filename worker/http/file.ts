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

/** A body that is read as it is sent. A failure at the first part is still an answer; later it cuts the body off. */
export async function bodyOf(parts: AsyncGenerator<string>): Promise<ReadableStream<Uint8Array>> {
  const first = await parts.next();
  const body = new ReadableStream<string>({
    start: (controller) => controller.enqueue(first.value ?? ''),
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
  return body.pipeThrough(new TextEncoderStream());
}
