import type { ComponentChildren } from 'preact';

/** As many lines as a first list has. */
const LINES = Array.from({ length: 20 }, (_, at) => at);

/** Keeps the place of what is awaited. It is seen only once that takes long. */
function Skeleton({ of, children }: { of: string; children: ComponentChildren }) {
  return (
    <div class={`skeleton ${of}`} aria-busy="true">
      <p class="visually-hidden">Loading.</p>
      {children}
    </div>
  );
}

export function ListSkeleton() {
  return (
    <Skeleton of="lines">
      {LINES.map((at) => (
        <p key={at} />
      ))}
    </Skeleton>
  );
}

export function FilmSkeleton() {
  return (
    <Skeleton of="about">
      <p />
      <p />
      <p />
    </Skeleton>
  );
}
