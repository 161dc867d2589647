/** Controls that answer: after one the next film is meant. */
const ANSWERING = ['rate', 'remove'];

/**
 * Remembers where the focus is. The function that comes back brings it, should the element be gone after a change, to
 * the same control of the next film, and where that has none to the film itself: never to a star.
 */
export function rememberFocus(): () => void {
  const focused = document.activeElement as HTMLElement | null;
  const entry = focused?.closest<HTMLElement>('[data-entry]');
  const control = focused?.closest<HTMLElement>('[data-control]')?.dataset.control;
  if (!focused || !entry) return () => {};
  const byKey = focused.matches(':focus-visible'); // a pointer keeps the place that it points at
  const kind = entry.dataset.entry!;
  const at = entriesOf(kind).indexOf(entry);
  return () => {
    if (document.activeElement === focused && focused.checkVisibility()) return;
    const goal = goalOf(kind, entry, at, control);
    const same = control && goal?.querySelector<HTMLElement>(`button[data-control="${control}"]`);
    (same || goal)?.focus({ preventScroll: !byKey });
  };
}

function entriesOf(kind: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(`[data-entry="${kind}"]`)];
}

function goalOf(kind: string, entry: HTMLElement, at: number, control: string | undefined): HTMLElement | undefined {
  if (kind === 'deck' || kind === 'past') {
    const [card] = entriesOf('deck');
    return card?.checkVisibility() ? card : (document.querySelector<HTMLElement>('.fold') ?? undefined); // its sheet folded
  }
  const entries = entriesOf(kind);
  const stays = entry.isConnected;
  if (stays && !ANSWERING.includes(control ?? '')) return entry;
  return entries[stays ? at + 1 : at] ?? entries[at - 1] ?? entry;
}
