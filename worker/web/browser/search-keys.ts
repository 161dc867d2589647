/** Where keys are typed in, not pressed. */
const TYPED_INTO = 'input:not([type="radio"], [type="checkbox"], [type="range"]), textarea, select, dialog';

/** "/" goes to the search box from everywhere; arrows go from it into what was found, and between the films. */
export function listenForSearchKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element;
    const goal = event.key === '/' && !target.closest(TYPED_INTO) ? queryBox() : goalOf(event.key, target);
    if (!goal) return;
    event.preventDefault();
    goal.focus();
    if (goal === queryBox()) queryBox()?.select();
  });
}

/** Where an arrow leads from the search box or from a film that was found. */
function goalOf(key: string, from: Element): HTMLElement | null | undefined {
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  const links = [...document.querySelectorAll<HTMLElement>('.found .title a')];
  const at = links.indexOf(from as HTMLElement);
  if (at < 0 && from !== queryBox()) return undefined;
  if (key === 'ArrowDown') return links[at + 1];
  return at === 0 ? queryBox() : links[at - 1];
}

function queryBox(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>('#query');
}
