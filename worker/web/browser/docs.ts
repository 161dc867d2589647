/**
 * Mends what keeps screen readers from Scalar's markup in `/docs`, which no setting of it changes: buttons without a name,
 * and roles and states that their elements may not have.
 */
const MENDS: readonly (readonly [selector: string, mend: (element: Element) => void])[] = [
  ['.client-libraries-list[role="tablist"]', (list) => list.setAttribute('role', 'toolbar')], // it holds more than tabs
  ['.client-libraries-list [role="tab"]', (tab) => tab.setAttribute('role', 'button')],
  ['button[aria-selected]:not([role="tab"])', currentInsteadOfSelected],
  ['button[role="search"]', (button) => button.removeAttribute('role')],
  ['aside[role="navigation"]', (aside) => aside.removeAttribute('role')],
  ['.response-card[role="region"]', (card) => card.setAttribute('role', 'group')],
  ['button.client-libraries__select:not([aria-label])', (button) => button.setAttribute('aria-label', 'More clients')],
  ['button[class*="copy-button"]:not([aria-label])', (button) => button.setAttribute('aria-label', 'Copy')],
  ['.parameter-item-trigger [tabindex]', (element) => element.removeAttribute('tabindex')],
  ['[role="combobox"]:not([aria-expanded])', (field) => field.setAttribute('aria-expanded', 'true')], // there while it is
  ['[role="combobox"]:not([aria-label])', (field) => field.setAttribute('aria-label', 'Find')],
  ['[id^="headlessui-popover-panel"]:not([role])', choice],
  ['[role="listbox"] > [aria-labelledby]:not([role])', (group) => group.setAttribute('role', 'group')],
  // Where a request is tried:
  ['button[role="none"]', (button) => button.removeAttribute('role')],
  ['[class*="copy-button"][aria-controls]', (button) => button.removeAttribute('aria-controls')], // of nothing that is there
  ['[role="dialog"] [type="checkbox"]:not([aria-label])', (box) => box.setAttribute('aria-label', 'Send it')],
  ['.cm-content:not([aria-label])', (field) => field.setAttribute('aria-label', 'Text')],
  ['.cm-scroller[tabindex="-1"]:has([contenteditable="false"])', (field) => field.setAttribute('tabindex', '0')],
  ['[role="dialog"] section:not([role])', (part) => part.setAttribute('role', 'group')], // others bear its name
  ['section[aria-label^="Notifications"]', (list) => list.removeAttribute('aria-label')],
];

function choice(panel: Element): void {
  panel.setAttribute('role', 'dialog');
  panel.setAttribute('aria-label', 'Choice');
}

function currentInsteadOfSelected(button: Element): void {
  if (button.getAttribute('aria-selected') === 'true') button.setAttribute('aria-current', 'true');
  else button.removeAttribute('aria-current');
  button.removeAttribute('aria-selected');
}

const DIALOG = '[role="dialog"][aria-modal="true"]';
let isOpen = false;
/** What last had the focus behind the dialog. */
let focused: HTMLElement | undefined;

/**
 * Makes what stands behind the dialog in which a request is tried inert while it is open, as behind every modal dialog: it
 * has a second `<main>`. Scalar hides the dialog by style, however it is closed, and gives the focus back too early.
 */
function keepBehind(): void {
  const dialog = document.querySelector(DIALOG);
  if (isOpen === (dialog?.checkVisibility() === true)) return;
  isOpen = !isOpen;
  for (const part of document.querySelectorAll('#home, .references-layout > :not(:has(.scalar))'))
    part.toggleAttribute('inert', isOpen);
  const isLost = document.activeElement === document.body || dialog?.contains(document.activeElement);
  if (!isOpen && isLost) focused?.focus();
}

let isDue = false;

/** Once for all changes of a frame. */
function mendSoon(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const [selector, mend] of MENDS) document.querySelectorAll(selector).forEach(mend);
  });
}

document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && !target.closest(DIALOG)) focused = target;
});
new MutationObserver(() => {
  keepBehind();
  mendSoon();
}).observe(document, {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: ['aria-selected', 'role', 'tabindex', 'style'],
});
mendSoon();
