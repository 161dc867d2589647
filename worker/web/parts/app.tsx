import { useContext } from 'preact/hooks';
import { hrefOf, isNarrowed, viewOf } from '../state/address.ts';
import { waitingFilms } from '../state/connection.ts';
import { lacksNext, type State, type Trouble } from '../state/state.ts';
import { useActions } from './actions.ts';
import { Back } from './back.tsx';
import { Bring } from './bring/bring.tsx';
import { FilmView } from './film/film.tsx';
import { HasPosters } from './film/poster.tsx';
import { Network } from './list/network.tsx';
import { Picks } from './list/picks.tsx';
import { Tonight } from './list/tonight.tsx';
import { ToWatchlist } from './marks/to-watchlist.tsx';
import { FilmSkeleton } from './offline/skeleton.tsx';
import { WaitingContext } from './offline/waiting.tsx';
import { PreviewContext } from './rating/foretaste.tsx';
import { Question } from './rating/question.tsx';
import { Tastes } from './rating/tastes.tsx';
import { Found, Search } from './search.tsx';
import { isOther, OtherViewsContext } from './views.ts';

/** The whole page. The Worker draws it first, the browser keeps it alive. */
export function App({ state }: { state: State }) {
  const { view, search } = state.address;
  const asks = !['loved', 'bring', 'about', 'admin'].includes(view); // films to tap are questions enough
  return (
    <HasPosters.Provider value={showsPosters(state)}>
      <WaitingContext.Provider value={waitingFilms(state.connection)}>
        <PreviewContext.Provider value={state.preview}>
          <a class="skip-link" href={state.list && view === 'list' && search === '' ? '#films' : '#view'}>
            Skip to the films
          </a>
          <header class="sign">
            <h1>
              <a href="/">Marquee</a>
            </h1>
            <p>Rate a few films. See what to watch next.</p>
            {(state.ratings.length > 0 || state.privacy.kept !== 'there') && (
              <a class="to-mine" href={hrefOf(viewOf(state.address, 'mine'))}>
                {state.privacy.kept === 'here' && 'Private: '}Your ratings ({state.ratings.length})
              </a>
            )}
            <ToWatchlist state={state} />
            <Search state={state} />
          </header>
          <p id="status" class="visually-hidden" role="status">
            {state.said}
          </p>
          <main class={asks ? undefined : 'alone'}>
            {asks && (
              <div class="aside">
                <Question state={state} />
                <Bring />
              </div>
            )}
            <div class="view" id="view" tabIndex={-1}>
              <Said state={state} />
              <View state={state} />
            </div>
          </main>
          <Footer state={state} />
          {state.bring.over && <p class="drop-here">Drop the file. You look at it before anything is stored.</p>}
        </PreviewContext.Provider>
      </WaitingContext.Provider>
    </HasPosters.Provider>
  );
}

function View({ state }: { state: State }) {
  const others = useContext(OtherViewsContext);
  const { film, found, address } = state;
  if (address.view === 'film') return film ? <FilmView state={state} film={film} /> : <NoFilm state={state} />;
  if (isOther(address.view)) {
    const Other = others?.[address.view];
    return Other ? <Other state={state} /> : <Back address={address} />;
  }
  if (address.search !== '' && found) return <Found state={state} found={found} />;
  return (
    <section class="for-you" aria-labelledby="picks-heading">
      <div class="section-head">
        <h2 id="picks-heading">For you tonight</h2>
        <p class="links">
          <a class="quiet with-scripts" href={hrefOf(viewOf(address, 'loved'))}>
            Tap what you loved
          </a>
          {state.privacy.kept === 'there' && (
            <a class="quiet with-scripts" href={hrefOf({ ...viewOf(address, 'together'), list: {} })}>
              Watch together
            </a>
          )}
          <a class="quiet with-scripts" href={hrefOf(viewOf(address, 'map'))}>
            Map
          </a>
          <Network state={state} />
          {(isNarrowed(address.list) || address.list.by) && (
            <a class="quiet" href={hrefOf({ ...address, offset: 0, list: {} })}>
              Clear filters
            </a>
          )}
        </p>
      </div>
      <Tonight state={state} />
      <Tastes state={state} />
      <Picks state={state} />
    </section>
  );
}

function NoFilm({ state: { address, trouble } }: { state: State }) {
  return (
    <>
      <Back address={address} />
      {!trouble && <FilmSkeleton />}
    </>
  );
}

/** What keeps the page from showing its list or its film. */
function Said({ state }: { state: State }) {
  const { trouble, address } = state;
  if (!trouble) return null;
  if (address.film !== null || !lacksNext(state)) return <Problem trouble={trouble} />;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>This version of the model has no list of what you would watch next.</strong>
      </p>
      <a class="pill" href={hrefOf({ ...address, offset: 0, list: { ...address.list, by: undefined } })}>
        Show what you will like
      </a>
    </div>
  );
}

function Problem({ trouble: { message, fix, lasts } }: { trouble: Trouble }) {
  const { retry } = useActions();
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{message}</strong> {fix}
      </p>
      {!lasts && (
        <button type="button" class="pill" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Asking for posters would tell the server which films a private list has. */
function showsPosters({ model, privacy }: State): boolean {
  return privacy.kept === 'there' && (model?.hasPosters ?? false);
}

function Footer({ state }: { state: State }) {
  const { model, address, privacy } = state;
  const count = (n: number) => n.toLocaleString('en');
  return (
    <footer>
      <p id="about">
        {model &&
          `Model ${model.version}: ${count(model.ratings)} ratings of ${count(model.movies)} films (${model.data})${model.until ? `, up to ${model.until}` : ''}.`}
      </p>
      {privacy.kept !== 'taken' && (
        <p>
          <a class="with-scripts" href={hrefOf(viewOf(address, 'mine'))}>
            Private mode
          </a>{' '}
          · <a href="/about">Model and report</a> · <a href="/docs">API</a> · <a href="/openapi.json">OpenAPI</a> ·{' '}
          <a href="/health">Health</a>
        </p>
      )}
      {showsPosters(state) && (
        <p>
          Posters from{' '}
          <a href="https://www.themoviedb.org/" rel="noreferrer">
            TMDB
          </a>
          . This product uses the TMDB API but is not endorsed or certified by TMDB.
        </p>
      )}
      <p class="without-scripts">Filters and film pages work without JavaScript; to rate, the page needs it.</p>
    </footer>
  );
}
