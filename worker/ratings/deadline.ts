import { MarqueeError } from '../../shared/errors.ts';

/**
 * Waits for D1's answer. Throws `store-unavailable` when it takes longer than `milliseconds`; D1 may still do then what
 * it was asked.
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
