import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** Lets a person take the page along as one file. */
export function TakeAway({ state: { model, privacy } }: { state: State }) {
  const { takeAway } = useActions();
  if (privacy.kept === 'taken') {
    return (
      <section class="private" aria-labelledby="taken-heading">
        <h3 id="taken-heading">This page was taken along</h3>
        <p>
          The model, your ratings and your watchlist are in this file. It asks nobody and needs no network. What you
          rate here stays here; export the ratings to bring them elsewhere.
        </p>
      </section>
    );
  }
  if (!model?.compact) return null;
  return (
    <section class="private with-scripts" aria-labelledby="take-heading">
      <h3 id="take-heading">Take it away</h3>
      <p>
        One HTML file with this page, the model, your ratings and your watchlist, about {megabytes(model.compact)} MB.
        It opens without a network, lists and filters films, and takes ratings, which the browser keeps that opens it.
        Its lists are the server’s.
      </p>
      <p>
        <button type="button" class="pill" disabled={privacy.busy !== null} onClick={takeAway}>
          Take it away
        </button>
      </p>
      {privacy.busy === 'taking' && <p role="status">Making the file …</p>}
    </section>
  );
}

/** Of the file: the model's bytes as text, and page and script, 0.9 MB. */
function megabytes(bytes: number): string {
  return ((4 / 3) * (bytes / 1e6) + 0.9).toFixed(1);
}
