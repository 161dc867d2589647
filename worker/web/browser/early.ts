const FIELDS = '#page :is(input:not([type=file], [type=hidden]), select)';

/**
 * What somebody typed or chose in the Worker's document before its scripts came: taking up the page would put each
 * field back to what the Worker drew.
 *
 * @returns puts the words and choices into their fields again, and tells the page of them as if they came now
 */
export function rememberFields(): () => void {
  const fields = [...document.querySelectorAll<HTMLElement>(FIELDS)].map((field) => ({ field, early: earlyIn(field) }));
  return () => {
    for (const { field, early } of fields) if (early) tell(field, early);
  };
}

/** What a field holds, where that is not what the Worker wrote into it. */
function earlyIn(field: HTMLElement): { value: string } | { checked: boolean } | undefined {
  if (field instanceof HTMLSelectElement) {
    const { value, selectedOptions } = field;
    return [...selectedOptions].some(({ defaultSelected }) => !defaultSelected) ? { value } : undefined;
  }
  const { type, value, defaultValue, checked, defaultChecked } = field as HTMLInputElement;
  if (type === 'radio') return checked && !defaultChecked ? { checked } : undefined;
  if (type === 'checkbox') return checked !== defaultChecked ? { checked } : undefined;
  return value !== defaultValue ? { value } : undefined;
}

function tell(field: HTMLElement, early: { value: string } | { checked: boolean }): void {
  Object.assign(field, early);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}
