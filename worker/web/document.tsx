import { renderToString } from 'preact-render-to-string';
import type { Assets } from './assets.ts';
import { frameOf } from './frame.ts';
import { App } from './parts/app.tsx';
import type { State } from './state/state.ts';
import { titleOf } from './state/title-of.ts';

/** The whole document for a state. The state stands in it too, so that the browser goes on where the Worker stopped. */
export function documentOf(state: State, assets: Assets): string {
  return frameOf({ title: titleOf(state), page: renderToString(<App state={state} />), state }, assets);
}
