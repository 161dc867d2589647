import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Trouble, troubleOf } from '../../state/state.ts';
import type { Operator } from './client.ts';

/** What a part of the page needs. */
export interface PartOfDesk {
  readonly operator: Operator;
  /** Tells a screen reader. */
  readonly say: (words: string) => void;
}

/** Something that was asked for. */
interface Asked<T> {
  /** Null until it came; what came before stays while it is asked for again. */
  readonly answer: T | null;
  readonly trouble: Trouble | null;
  again(): void;
  /** Puts what another request answered in its place. */
  put(answer: T): void;
}

/** Asks when the part is first drawn. */
export function useAsked<T>(ask: () => Promise<T>): Asked<T> {
  const [answer, put] = useState<T | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const again = () => {
    ask().then(
      (came) => {
        put(came);
        setTrouble(null);
      },
      (error: unknown) => setTrouble(troubleOf(error)),
    );
  };
  useEffect(again, []);
  return { answer, trouble, again, put };
}

interface PartProps {
  readonly name: string;
  readonly title: string;
  readonly hint?: string;
  readonly trouble: Trouble | null;
  readonly again?: () => void;
  readonly children: ComponentChildren;
}

/** A part of the page with its heading, and what went wrong in it. */
export function Part({ name, title, hint, trouble, again, children }: PartProps) {
  return (
    <section class={`admin-part admin-${name}`} aria-labelledby={`${name}-heading`}>
      <div class="section-head">
        <h3 id={`${name}-heading`}>{title}</h3>
        {again && (
          <button type="button" class="quiet" onClick={again} aria-label={`Look again: ${title}`}>
            Look again
          </button>
        )}
      </div>
      {hint && <p class="hint">{hint}</p>}
      {trouble && (
        <p class="problem" role="alert">
          <span>
            <strong>{trouble.message}</strong> {trouble.fix}
          </span>
        </p>
      )}
      {children}
    </section>
  );
}

/** "2026-11-30T02:31:00.000Z" → "2026-11-30 02:31 UTC". */
export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{at.slice(0, 16).replace('T', ' ')} UTC</time>;
}

export const count = (n: number) => n.toLocaleString('en');
export const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
