import { hrefOf, isNarrowed, viewOf } from '../state/address.ts';
import { lacksNext, type State, type Trouble } from '../state/state.ts';
import { useActions } from './actions.ts';
import { Back } from './back.tsx';
import { FilmView } from './film/film.tsx';
import { Network } from './list/network.tsx';
import { Picks } from './list/picks.tsx';
import { Tonight } from './list/tonight.tsx';
import { Mine } from './mine/mine.tsx';
import { Bring } from './mine/transfer.tsx';
import { Loved } from './rating/loved.tsx';
import { Question } from './rating/question.tsx';
import { Tastes } from './rating/tastes.tsx';
import { Found, Search } from './search.tsx';

/** The whole page. The Worker draws it first, the browser keeps it alive. */
export function App({ state }: { state: State }) {
  const asks = state.address.view !== 'loved'; // films to tap are questions enough
  return (
    <>
      <a class="skip-link" href="#view">
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
        <Search state={state} />
      </header>
      <p id="status" class="visually-hidden" role="status">
        {state.said}
      </p>
      <main class={asks ? undefined : 'alone'}>
        {asks && (
          <div class="aside">
            <Question state={state} />
            <Bring state={state} />
          </div>
        )}
        <div class="view" id="view" tabIndex={-1}>
          <Said state={state} />
          <View state={state} />
        </div>
      </main>
      <Footer state={state} />
    </>
  );
}

function View({ state }: { state: State }) {
  const { film, found, address } = state;
  if (address.view === 'film') return film ? <FilmView state={state} film={film} /> : <Back address={address} />;
  if (address.view === 'mine') return <Mine state={state} />;
  if (address.view === 'loved') return <Loved state={state} />;
  if (address.search !== '' && found) return <Found state={state} found={found} />;
  return (
    <section class="for-you" aria-labelledby="picks-heading">
      <div class="section-head">
        <h2 id="picks-heading">For you tonight</h2>
        <p class="links">
          <a class="quiet with-scripts" href={hrefOf(viewOf(address, 'loved'))}>
            Tap what you loved
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

function Problem({ trouble: { message, fix } }: { trouble: Trouble }) {
  const { retry } = useActions();
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{message}</strong> {fix}
      </p>
      <button type="button" class="pill" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

function Footer({ state: { model, address, privacy } }: { state: State }) {
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
          · <a href="/report">Report</a> · <a href="/docs">API</a> · <a href="/openapi.json">OpenAPI</a> ·{' '}
          <a href="/health">Health</a>
        </p>
      )}
      <p class="without-scripts">Filters and film pages work without JavaScript; to rate, the page needs it.</p>
    </footer>
  );
}
