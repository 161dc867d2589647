/**
 * Lets the second half of a double click count only where the first one was: it is not meant for what the first one
 * brought under the pointer, be it Undo or the stars of a film that opened.
 */
export function ignoreDoubleClicks(): void {
  let first: EventTarget | null = null;
  const take = (event: MouseEvent) => {
    if (event.detail < 2) first = event.target;
    else if (event.target !== first) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  document.addEventListener('click', take, true);
}
