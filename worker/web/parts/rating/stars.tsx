import { useLayoutEffect, useRef, useState } from 'preact/hooks';

const STARS = [1, 2, 3, 4, 5];
const STEP = 0.5;

const OUTLINE = 'M12 2.8l2.8 5.9 6.4.9-4.7 4.5 1.2 6.4L12 17.4l-5.7 3.1 1.2-6.4-4.7-4.5 6.4-.9z';
const LEFT_HALF = 'M12 2.8v14.6l-5.7 3.1 1.2-6.4-4.7-4.5 6.4-.9z';

/** A star: an outline, filled as far as `part` says. Fill and outline differ in greyscale and in forced colours too. */
export function Star({ part }: { part: number }) {
  return (
    <svg class="star" viewBox="0 0 24 24" aria-hidden="true">
      <path class="outline" d={OUTLINE} />
      {part > 0 && <path class="fill" d={part >= 1 ? OUTLINE : LEFT_HALF} />}
    </svg>
  );
}

/** As much of an element as the focus needs: the Worker, which draws too, has no DOM. */
type Focusing = { querySelector(selector: string): { focus(): void } | null } | null;

/** What the keys have chosen and not yet given. */
export interface Draft {
  readonly draft: number | null;
  choose(value: number | null): void;
  /** For the element around the stars: digits and arrows choose, Enter and blank give, Escape drops. */
  onKeyDown(event: KeyPress): void;
  onRate(rating: number): void;
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'metaKey' | 'altKey' | 'target' | 'preventDefault'>;

/**
 * Keys never rate by one press: they choose first. So a second Enter, or one held down, gives nothing to the next film.
 */
export function useDraft(value: number | null, onRate: (rating: number) => void): Draft {
  const [draft, choose] = useState<number | null>(null);
  const onKeyDown = (event: KeyPress) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = chosenBy(event.key, draft ?? value);
    if (chosen !== undefined) choose(chosen);
    else if ((event.key !== 'Enter' && event.key !== ' ') || isOtherButton(event.target)) return;
    else if (draft !== null && !event.repeat) {
      choose(null);
      onRate(draft);
    }
    event.preventDefault();
  };
  return { draft, choose, onKeyDown, onRate };
}

/** A button beside the stars, which has an Enter of its own. */
function isOtherButton(target: unknown): boolean {
  const { localName, role } = target as { localName: string; role: string | null };
  return localName === 'button' && role !== 'radio';
}

function chosenBy(key: string, from: number | null): number | null | undefined {
  if (/^[1-5]$/.test(key)) return Number(key);
  if (key === 'ArrowRight' || key === 'ArrowUp') return Math.min(5, (from ?? 0) + STEP);
  if (key === 'ArrowLeft' || key === 'ArrowDown') return Math.max(STEP, (from ?? 1) - STEP);
  if (key === 'Home') return STEP;
  if (key === 'End') return 5;
  return key === 'Escape' ? null : undefined;
}

interface StarsProps {
  readonly title: string;
  readonly value: number | null;
  readonly keys: Draft;
  /** Hears of the stars under the pointer, or chosen by keys, that are not given yet; null: none any more. */
  onWeigh?(rating: number | null): void;
}

/**
 * Five stars in halves: one tab stop, radio buttons to a screen reader. They are painted under a pointer only once it
 * has moved, not when they slide under one that rests.
 */
export function Stars({ title, value, keys, onWeigh }: StarsProps) {
  const [hovered, hover] = useState<number | null>(null);
  const over = (event: Pick<PointerEvent, 'pointerType' | 'movementX' | 'movementY' | 'target'>) => {
    if (event.pointerType === 'touch' || (event.movementX === 0 && event.movementY === 0)) return;
    const { dataset } = event.target as unknown as { dataset: Record<string, string | undefined> };
    if (dataset.value) hover(Number(dataset.value));
  };
  const scale = useRef<Focusing>(null);
  const { draft, choose } = keys;
  const shown = hovered ?? draft ?? value;
  const stop = draft ?? value ?? STEP;
  useLayoutEffect(() => {
    if (draft !== null) scale.current?.querySelector(`[data-value="${draft}"]`)?.focus();
  }, [draft]);
  const weighed = hovered ?? draft;
  useLayoutEffect(() => {
    if (weighed === null) return;
    onWeigh?.(weighed);
    return () => onWeigh?.(null);
  }, [weighed]);
  const leave = (event: { currentTarget: unknown; relatedTarget: unknown }) => {
    const stars = event.currentTarget as { contains(other: unknown): boolean };
    if (!stars.contains(event.relatedTarget)) choose(null);
  };
  const give = (rating: number) => {
    hover(null);
    choose(null);
    keys.onRate(rating);
  };
  return (
    <div class={`stars${draft === null ? '' : ' chosen'}`}>
      <div
        class="scale"
        role="radiogroup"
        aria-label={`Rate ${title}`}
        ref={scale as never}
        onPointerMove={over}
        onPointerLeave={() => hover(null)}
        onFocusOut={leave}
      >
        {STARS.map((star) => (
          <span class="pair" key={star}>
            <Star part={(shown ?? 0) - star + 1} />
            {[star - STEP, star].map((half) => (
              // biome-ignore lint/a11y/useSemanticElements: inputs would rate with each arrow key
              <button
                key={half}
                type="button"
                role="radio"
                data-value={half}
                aria-checked={half === (draft ?? value)}
                aria-label={`${half} ${half === 1 ? 'star' : 'stars'}`}
                tabIndex={half === stop ? 0 : -1}
                onClick={() => give(half)}
              />
            ))}
          </span>
        ))}
      </div>
      <span class="number" aria-hidden="true">
        {shown ?? ''}
      </span>
      {draft !== null && <span class="confirm">Enter rates</span>}
    </div>
  );
}
