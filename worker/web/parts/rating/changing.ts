import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** As much of an element as the focus needs: the Worker, which draws too, has no DOM. */
interface Focusing {
  querySelector(selector: string): { focus(): void } | null;
}

interface Changing {
  readonly changing: boolean;
  change(whether: boolean): void;
  /** For the element around button and stars. */
  readonly around: RefObject<Focusing | null>;
}

/** Whether stars stand in a button's place. The focus follows whoever asked for them, and returns with them. */
export function useChanging(): Changing {
  const [changing, change] = useState(false);
  const around = useRef<Focusing>(null);
  const before = useRef(false);
  useLayoutEffect(() => {
    if (before.current === changing) return;
    before.current = changing;
    around.current?.querySelector(changing ? '[role="radio"][tabindex="0"]' : 'button')?.focus();
  }, [changing]);
  return { changing, change, around };
}
