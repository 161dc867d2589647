import { hydrate, render } from 'preact';
import { type Actions, ActionsContext } from '../parts/actions.ts';
import { App } from '../parts/app.tsx';
import { isOther, type OtherViews, OtherViewsContext } from '../parts/views.ts';
import { readAddress, type View } from '../state/address.ts';
import { Api } from '../state/api.ts';
import { refilled } from '../state/deck.ts';
import { answerTo, type State } from '../state/state.ts';
import { titleOf } from '../state/title-of.ts';
import { followAdmin } from './admin-later.ts';
import { BringFile } from './bring.ts';
import { ignoreDoubleClicks } from './double-clicks.ts';
import { rememberFields } from './early.ts';
import { rememberFocus } from './focus.ts';
import { Lists } from './lists.ts';
import { Maps } from './maps.ts';
import { Marking } from './marking.ts';
import { rememberPlaces } from './motion.ts';
import { Navigation } from './navigation.ts';
import { Connection } from './offline/connection.ts';
import type { Keeping } from './offline/keeping.ts';
import { Person } from './person.ts';
import { weighLater } from './preview-later.ts';
import { Privacy } from './privacy.ts';
import { listenForSearchKeys } from './search-keys.ts';
import { send } from './send.ts';
import { readSkipped } from './skipped.ts';
import { Store } from './store.ts';
import { Tabs } from './tabs.ts';
import { followTogether } from './together-later.ts';

/** Whether `npm run dev` built the page. */
declare const RELOADS: boolean;

/** Films up to which the list goes on by itself; then a button asks for more, so that what is below can be reached. */
const BY_ITSELF = 100;

const root = document.getElementById('page')!;
/** Loaded beside the page, which need not wait for it. */
const offline = import('./offline/keeping.ts');
/** Null where the service worker, and not the Worker, made the document: the Worker does not answer. */
const drawn = JSON.parse(document.getElementById('state')!.textContent!) as State | null;
const first: State = drawn ?? (await lastSeen());

let kept: Keeping | undefined;
let others: OtherViews | null = null;
await loadView(first.address.view);
const view = (state: State, actions: Actions) => (
  <ActionsContext.Provider value={actions}>
    <OtherViewsContext.Provider value={others}>
      <App state={state} />
    </OtherViewsContext.Provider>
    {kept && <kept.Bar state={state} />}
  </ActionsContext.Provider>
);

const nearEnd = new IntersectionObserver(
  (entries) => {
    const shown = store.state.list?.rows.length ?? 0;
    if (entries.some(({ isIntersecting }) => isIntersecting) && shown < BY_ITSELF) void lists.more();
  },
  { rootMargin: '600px' },
);

const store = new Store(first, (state) => {
  const [showMoves, restoreFocus] = [rememberPlaces(), rememberFocus()];
  render(view(state, actions), root);
  restoreFocus();
  showMoves();
  watchEnd();
  maps.keepUp();
  followAddress();
  loadAdmin();
  kept?.notice();
});
const api = new Api(send);
const connection = new Connection(store);
const lists = new Lists({ api, store, connection, seen: () => keeping.then(({ seen }) => seen) });
const navigation = new Navigation(store, lists, loadView);
const tabs = new Tabs({ store, lists, navigation });
const keeping = offline.then(({ Keeping }) => new Keeping({ api, store, lists, tabs, connection }));
const marking = new Marking({ store, keeping });
const maps = new Maps({ api, store, navigation, connection });
const readPerson = () => keeping.then(({ changes }) => changes.readPerson());
const files = new BringFile({ api, store, lists, navigation, tabs, readPerson });
const weigh = weighLater(api, store);
const privacy = new Privacy({ api, store, lists, readPerson });
const person = new Person({ api, store, lists, navigation, tabs, connection, keeping, maps, files, weigh });
const actions: Actions = { ...person, ...marking, ...privacy };
const followAddress = followTogether({ api, store, navigation });
const loadAdmin = followAdmin(store);

/** Brings what draws a view, where that is not here yet. A view that cannot be brought shows the way back. */
function loadView(view: View): Promise<void> | undefined {
  if (!isOther(view) || others) return undefined;
  return import('./other-views.ts').then(
    ({ OTHER_VIEWS }) => {
      others = OTHER_VIEWS;
    },
    () => {},
  );
}

/** What was seen at this address, or elsewhere, the last time. */
async function lastSeen(): Promise<State> {
  const { SeenViews } = await offline;
  const state = await new SeenViews().stateFor(readAddress(new URL(location.href)));
  document.title = titleOf(state);
  return state;
}

/** Looks out for the link at the end of the list, a new one after each change. */
function watchEnd(): void {
  nearEnd.disconnect();
  const more = document.getElementById('more');
  if (more) nearEnd.observe(more);
}

const putBackFields = rememberFields();
hydrate(view(first, {} as Actions), root); // as the Worker drew it
render(view(first, actions), root);
ignoreDoubleClicks();
navigation.start();
connection.start();
files.start();
maps.keepUp();
listenForSearchKeys();
privacy.start();
const skipped = readSkipped();
if (skipped.length > 0) takeUpSkipped();
void keeping.then((loaded) => {
  kept = loaded;
  return kept.start(drawn);
});
watchEnd();
if (first.address.view === 'about') void lists.openAbout();
followAddress();
loadAdmin();
document.documentElement.classList.add('live');
putBackFields();
if (RELOADS) void import('./reload.ts').then(({ reloadOnChange }) => reloadOnChange());

/** Films that only this browser knows as not seen: the Worker may have asked about one. */
function takeUpSkipped(): void {
  store.set({ skipped });
  const { deck } = store.state;
  const isAnswered = (movieId: number) => answerTo(store.state, movieId) !== undefined;
  const places = deck.places.map((movie) => (movie && isAnswered(movie.movieId) ? null : movie)) as [
    ...typeof deck.places,
  ];
  store.set({ deck: refilled({ ...deck, places }, deck.queue, isAnswered) });
  void lists.askQuestions();
}
