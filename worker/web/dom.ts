type Child = Node | string;

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** Makes an element: attributes by name, then children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** One entry of a list: its element, and how it takes up new data. */
export interface Entry<T> {
  readonly element: HTMLElement;
  update(data: T): void;
}

/**
 * A list that keeps the elements of entries that stay, so that focus, hover and unfinished choices survive a new
 * answer. When the entry with the focus goes, the entry in its place gets the focus.
 */
export class KeyedList<T extends { readonly movieId: number }> {
  readonly #root: HTMLElement;
  readonly #create: (data: T) => Entry<T>;
  #entries = new Map<number, Entry<T>>();

  constructor(root: HTMLElement, create: (data: T) => Entry<T>) {
    this.#root = root;
    this.#create = create;
  }

  /** Shows exactly these, in this order. Entries that were not there before are marked `data-new`. */
  show(items: readonly T[]): void {
    const focused = document.activeElement as HTMLElement | null;
    const place = Array.from(this.#root.children).findIndex((child) => child.contains(focused));
    const before = this.#entries;
    this.#entries = new Map();
    for (const data of items) {
      const entry = before.get(data.movieId) ?? this.#create(data);
      entry.element.toggleAttribute('data-new', before.size > 0 && !before.has(data.movieId));
      entry.update(data);
      this.#entries.set(data.movieId, entry);
    }
    const elements = Array.from(this.#entries.values(), ({ element }) => element);
    if (
      elements.some((element, at) => this.#root.children[at] !== element) ||
      this.#root.children.length !== items.length
    ) {
      this.#root.replaceChildren(...elements);
    }
    if (place < 0 || document.activeElement === focused) return;
    if (focused?.isConnected) focused.focus();
    else elements[Math.min(place, elements.length - 1)]?.querySelector<HTMLElement>('[tabindex="0"], button')?.focus();
  }
}
