import { MarqueeError } from '../../../shared/errors.ts';

/** What the browser keeps texts in: `localStorage`, which its tabs share. */
export type Texts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Throws `store-unavailable` where the browser has no room. */
export function write(texts: Texts, key: string, text: string): void {
  try {
    texts.setItem(key, text);
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'this browser has no room for more ratings', {
      fix: 'Turn private mode off, under Your ratings, so that the server keeps them.',
      cause,
    });
  }
}
