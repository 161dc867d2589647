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
      {trouble && (
        <p class="problem" role="alert">
          {trouble.message} {trouble.fix}
        </p>
      )}
    </section>
  );
}

function Off({ state }: { state: State }) {
  const { model, privacy } = state;
  const { keepHere } = useActions();
  const [deletesThere, choose] = useState(true);
  const given = givenBy(state);
  return (
    <>
      <p>
        Your ratings and your watchlist then stay in this browser. It loads the model ({megabytes(model?.compact)} MB)
        and works out lists, reasons and questions by itself, the same that the server would answer. The server learns
        neither them nor filters nor what you look for here.
      </p>
      <p class="hint">
        Posters are drawn ones, and people do not find a film together. Your ratings do not help the nightly training,
        your other devices do not see them, and they go when you clear this browser’s data. An address that you load
        anew, such as a film’s page, is still asked from the server.
      </p>
      {given && (
        <label class="field check">
          <input
            type="checkbox"
            autocomplete="off"
            checked={deletesThere}
            onChange={(event) => choose(event.currentTarget.checked)}
          />
          Delete the {given} that the server has
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

function On({ state }: { state: State }) {
  const { privacy } = state;
  const given = givenBy(state);
  const { giveBack } = useActions();
  return (
    <>
      <p>
        Your ratings and your watchlist stay in this browser, which works out lists, reasons and questions by itself.
        They do not help the nightly training, your other devices do not see them, and they go when you clear this
        browser’s data.
      </p>
      <p class="private-choices">
        <button type="button" class="pill" disabled={privacy.busy !== null} onClick={giveBack}>
          {given ? `Turn it off and give the server my ${given}` : 'Turn it off'}
        </button>
      </p>
    </>
  );
}

function megabytes(bytes = 0): string {
  return (bytes / 1e6).toFixed(1);
}

/** "2 ratings and 1 marked film"; '' where there is nothing. */
function givenBy({ ratings, marks }: State): string {
  const [rated, marked] = [ratings.length, marks.held.length];
  const words = [rated > 0 && plural(rated, 'rating'), marked > 0 && plural(marked, 'marked film')];
  return words.filter(Boolean).join(' and ');
}
