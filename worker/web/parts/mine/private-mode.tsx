import { useState } from 'preact/hooks';
import { plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** Lets a person keep their ratings in this browser, and says what that means. */
export function PrivateMode({ state }: { state: State }) {
  const { kept, busy, trouble } = state.privacy;
  if (kept === 'taken' || (!state.model?.compact && kept === 'there')) return null;
  return (
    <section class="private with-scripts" id="private" aria-labelledby="private-heading">
      <h3 id="private-heading">Private mode{kept === 'here' && ' is on'}</h3>
      {kept === 'here' ? <On state={state} /> : <Off state={state} />}
      {busy === 'moving' && <p role="status">Moving your ratings …</p>}
      {busy === 'loading' && <p role="status">Loading the exact model …</p>}
      {trouble && (
        <p class="problem" role="alert">
          {trouble.message} {trouble.fix}
        </p>
      )}
    </section>
  );
}

function Off({ state: { ratings, model, privacy } }: { state: State }) {
  const { keepHere } = useActions();
  const [deletesThere, choose] = useState(true);
  const megabytes = ((model?.compact ?? 0) / 1e6).toFixed(1);
  return (
    <>
      <p>
        Your ratings then stay in this browser. It loads the model ({megabytes} MB) and works out lists, reasons and
        questions by itself; the server learns neither ratings nor filters nor what you look for here.
      </p>
      <p class="hint">
        Scores may differ from the server’s by up to 0.02, so that close neighbours may change places; the exact model
        can be loaded later. Your ratings do not help the nightly training, your other devices do not see them, and they
        go when you clear this browser’s data. An address that you load anew, such as a film’s page, is still asked from
        the server.
      </p>
      {ratings.length > 0 && (
        <label class="field">
          <input
            type="checkbox"
            autocomplete="off"
            checked={deletesThere}
            onChange={(event) => choose(event.currentTarget.checked)}
          />
          Delete the {plural(ratings.length, 'rating')} that the server has
        </label>
      )}
      <p>
        <button type="button" class="pill" disabled={privacy.busy !== null} onClick={() => keepHere(deletesThere)}>
          Turn private mode on
        </button>
      </p>
    </>
  );
}

function On({ state: { ratings, model, privacy } }: { state: State }) {
  const { giveBack, loadExact } = useActions();
  return (
    <>
      <p>
        Your ratings stay in this browser, which works out lists, reasons and questions by itself. They do not help the
        nightly training, your other devices do not see them, and they go when you clear this browser’s data.
      </p>
      <p class="hint">
        {privacy.exact
          ? 'Lists are exact, as the server’s.'
          : 'Scores may differ from the server’s by up to 0.02, so that close neighbours may change places.'}
      </p>
      <p class="private-choices">
        <button type="button" class="pill" disabled={privacy.busy !== null} onClick={giveBack}>
          {ratings.length > 0
            ? `Turn it off and give the server my ${plural(ratings.length, 'rating')}`
            : 'Turn it off'}
        </button>
        {!privacy.exact && model && model.exact > 0 && (
          <button type="button" class="pill" disabled={privacy.busy !== null} onClick={loadExact}>
            Load the exact model ({(model.exact / 1e6).toFixed(1)} MB)
          </button>
        )}
      </p>
    </>
  );
}
