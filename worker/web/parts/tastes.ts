import { api, type Profile } from '../api.ts';
import { byId, make } from '../dom.ts';

/** The ready-made taste that somebody without ratings may start from. */
export interface Tastes {
  /** Null: none is chosen, or it no longer counts. */
  chosen(): Profile | null;
  /** Offers them while nothing is rated; from the first rating on the person's own taste counts. */
  offer(toNobodyKnown: boolean): void;
}

export async function startTastes(changed: () => void): Promise<Tastes> {
  const profiles = await api.profiles();
  const box = byId('tastes');
  const select = byId<HTMLSelectElement>('taste');
  select.append(...profiles.map(({ profile, name }) => make('option', { value: profile }, name)));
  select.addEventListener('change', changed);
  return {
    chosen: () => profiles.find(({ profile }) => profile === select.value) ?? null,
    offer(toNobodyKnown) {
      box.hidden = !toNobodyKnown || profiles.length === 0;
      if (box.hidden) select.value = '';
    },
  };
}
