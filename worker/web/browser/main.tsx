import { hydrate, render } from 'preact';
import { type Actions, ActionsContext } from '../parts/actions.ts';
import { App } from '../parts/app.tsx';
import { Api } from '../state/api.ts';
import { refilled } from '../state/deck.ts';
import { answerTo, type State } from '../state/state.ts';
import { BringFile } from './bring.ts';
import { rememberFocus } from './focus.ts';
import { Lists } from './lists.ts';
import { Maps } from './maps.ts';
import { Marking } from './marking.ts';
import { rememberPlaces } from './motion.ts';
import { Navigation } from './navigation.ts';
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
const first = JSON.parse(document.getElementById('state')!.textContent!) as State;

const view = (state: State, actions: Actions) => (
  <ActionsContext.Provider value={actions}>
    <App state={state} />
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
});
const api = new Api(send);
const lists = new Lists(api, store);
const navigation = new Navigation(store, lists);
const tabs = new Tabs({ api, store, lists, navigation });
const marking = new Marking({ api, store, lists });
const maps = new Maps({ api, store, navigation });
const files = new BringFile({ api, store, lists, navigation, tabs });
const weigh = weighLater(api, store);
const privacy = new Privacy({ api, store, lists });
const person = new Person({ api, store, lists, navigation, tabs, maps, files, weigh });
const actions: Actions = { ...person, ...marking, ...privacy };
const followAddress = followTogether({ api, store, navigation });

/** Looks out for the link at the end of the list, a new one after each change. */
function watchEnd(): void {
  nearEnd.disconnect();
  const more = document.getElementById('more');
  if (more) nearEnd.observe(more);
}

hydrate(view(first, {} as Actions), root); // as the Worker drew it
render(view(first, actions), root);
navigation.start();
tabs.start();
files.start();
marking.start();
maps.keepUp();
listenForSearchKeys();
privacy.start();
const skipped = readSkipped();
if (skipped.length > 0) takeUpSkipped();
if (!first.hasAllRatings)
  void api.ratings().then(
    (ratings) => store.set({ ratings, hasAllRatings: true }),
    () => {},
  );
watchEnd();
if (first.address.view === 'about') void lists.openAbout();
followAddress();
document.documentElement.classList.add('live');
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
