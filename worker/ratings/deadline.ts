import { MarqueeError } from '../../shared/errors.ts';

/**
 * What D1 answers, unless it takes longer than `milliseconds`: then throws `store-unavailable`. What was asked of it may
 * still happen.
 */
export async function withDeadline<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(new MarqueeError('store-unavailable', `the rating store took longer than ${milliseconds} ms`));
    timer = setTimeout(giveUp, milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
