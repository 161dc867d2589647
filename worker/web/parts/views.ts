import { type ComponentType, createContext } from 'preact';
import type { View } from '../state/address.ts';
import type { State } from '../state/state.ts';

/** Views that the first sight of the page need not have. */
type OtherView = Exclude<View, 'list' | 'film'>;

export type OtherViews = Readonly<Record<OtherView, ComponentType<{ state: State }>>>;

/** The Worker has them all (`other-views.ts`), the browser when it first needs one; null until then. */
export const OtherViewsContext = createContext<OtherViews | null>(null);

export function isOther(view: View): view is OtherView {
  return view !== 'list' && view !== 'film';
}
