import type { ComponentType } from 'preact';
import type { State } from '../../state/state.ts';

/** What the view shows below its heading, once the browser has loaded it (`browser/together.tsx`). */
export const late: { Body: ComponentType<{ readonly state: State }> | null } = { Body: null };
