import type { Locator, Page } from 'playwright-core';

/** Waits until the page says upon what its recommendations rest. */
export async function says(page: Page, text: string): Promise<void> {
  await page.locator('#basis', { hasText: text }).waitFor();
}

/** A film's name, without its year. */
export async function title(entry: Locator): Promise<string> {
  return withoutYear((await entry.locator('.title').first().textContent())!);
}

export async function titles(entries: Locator): Promise<string[]> {
  return (await entries.locator('.title').allTextContents()).map(withoutYear);
}

function withoutYear(text: string): string {
  return text.replace(/ \d{4}$/, '');
}

/** The list's films that are not rated. */
export function picks(page: Page): Promise<string[]> {
  return titles(page.locator('.for-you .pick:not(.done)'));
}

/** The film that is asked about now. */
export function question(page: Page): Locator {
  return page.locator('.card.current');
}

/** Rates the film that the page asks about, also one in a folded sheet, once the list knows it; its title. */
export async function rateFirst(page: Page, stars: string): Promise<string> {
  if (!(await question(page).isVisible())) await page.locator('.fold').click();
  const name = await title(question(page));
  await question(page).getByRole('radio', { name: stars, exact: true }).click();
  await page.locator('#status', { hasText: `${name}: ${stars.replace(/ .*/, '')} ` }).waitFor({ state: 'attached' });
  return name;
}

/** What the focus is on: its label, its id or its text. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(
    '(({ activeElement: e }) => e.getAttribute("aria-label") || e.id || e.textContent.trim())(document)',
  );
}

export interface Stored {
  readonly title: string;
  readonly rating: number;
}

/** What the server has stored for the person of the page, oldest first. */
export async function stored(page: Page): Promise<Stored[]> {
  const ratings = await page.evaluate<Stored[]>("fetch('/ratings').then((r) => r.json()).then((a) => a.ratings ?? [])");
  return ratings.map(({ title, rating }) => ({ title, rating }));
}
