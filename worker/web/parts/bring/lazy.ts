import type { VNode } from 'preact';
import type { State } from '../../state/state.ts';

/** What the browser loads with the first file: the review of it and all that follows. */
export const lazy: { steps?: (state: State) => VNode | null } = {};
