import { renderToString } from 'preact-render-to-string';
import type { Assets } from './assets.ts';
import { frameOf } from './frame.ts';
import { App } from './parts/app.tsx';
import { OTHER_VIEWS } from './parts/other-views.ts';
import { OtherViewsContext } from './parts/views.ts';
import type { State } from './state/state.ts';
import { titleOf } from './state/title-of.ts';

/** The whole document for a state. The state stands in it too, so that the browser goes on where the Worker stopped. */
export function documentOf(state: State, assets: Assets): string {
  const page = renderToString(
    <OtherViewsContext.Provider value={OTHER_VIEWS}>
      <App state={state} />
    </OtherViewsContext.Provider>,
  );
  const isAdmin = state.address.view === 'admin';
  const style = isAdmin ? assets.adminStyle : undefined;
  return frameOf({ title: titleOf(state), page, state, hidden: isAdmin, style }, assets);
}
