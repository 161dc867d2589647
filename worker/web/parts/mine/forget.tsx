import { useActions } from '../actions.ts';

/** As much of an event as the dialog needs: the Worker, which draws it too, has no DOM. */
interface Clicked {
  readonly currentTarget: { readonly ownerDocument: { getElementById(id: string): unknown } };
}

/** Lets a person have everything about them deleted, once they have confirmed it. */
export function Forget() {
  const { forget } = useActions();
  const dialog = ({ currentTarget }: Clicked) =>
    currentTarget.ownerDocument.getElementById('forget-dialog') as { showModal(): void; close(): void };
  return (
    <>
      <button id="forget" type="button" class="quiet" onClick={(event) => dialog(event as Clicked).showModal()}>
        Forget me
      </button>
      <dialog id="forget-dialog" aria-labelledby="forget-heading" aria-describedby="forget-text">
        <h2 id="forget-heading">Forget you?</h2>
        <p id="forget-text">
          Your ratings and your watchlist are deleted at once. What the recommender learned from them goes with its next
          training. Nobody can bring them back.
        </p>
        <p class="choices">
          <button id="forget-no" type="button" class="pill" onClick={(event) => dialog(event as Clicked).close()}>
            Keep my ratings
          </button>
          <button
            id="forget-yes"
            type="button"
            class="pill danger"
            onClick={(event) => {
              dialog(event as Clicked).close();
              forget();
            }}
          >
            Delete them
          </button>
        </p>
      </dialog>
    </>
  );
}
