import { renderToString } from 'preact-render-to-string';
import type { Assets } from './assets.ts';
import { frameOf } from './frame.ts';
import { App } from './parts/app.tsx';
import { OTHER_VIEWS } from './parts/other-views.ts';
import { isOther, OtherViewsContext } from './parts/views.ts';
import type { State } from './state/state.ts';
import { titleOf } from './state/title-of.ts';

/** Decimals of numbers in the document: more are not shown, and they do not compress. */
const DECIMALS = 4;

/** The whole document for a state. The state stands in it too, so that the browser goes on where the Worker stopped. */
export function documentOf(exact: State, assets: Assets): string {
  const state: State = JSON.parse(JSON.stringify(exact, rounded)); // what is drawn is what the browser gets
  const page = renderToString(
    <OtherViewsContext.Provider value={OTHER_VIEWS}>
      <App state={state} />
    </OtherViewsContext.Provider>,
  );
  const isAdmin = state.address.view === 'admin';
  const styles = [isOther(state.address.view) && assets.viewsStyle, isAdmin && assets.adminStyle].filter(Boolean);
  return frameOf({ title: titleOf(state), page, state, hidden: isAdmin, styles: styles as string[] }, assets);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(DECIMALS)) : value;
}
