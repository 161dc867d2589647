import type { Imported, UndoneImport } from '../../state/api.ts';
import { plural } from '../../state/state.ts';

/** What was stored, with the way back. */
export function Stored({ imported, undo }: { imported: Imported; undo(): void }) {
  const { format, ratings, held, seen, watchlist } = imported;
  return (
    <div class="outcome" id="imported">
      <p>
        <strong>
          {plural(ratings - held, 'rating')} brought in from {format}.
        </strong>{' '}
        {seen > 0 && `${plural(seen, 'film')} marked as seen. `}
        {watchlist > 0 && `${plural(watchlist, 'film')} on your watchlist. `}
        {imported.import === null && 'The store is busy: they count in a while.'}
      </p>
      <p class="choices">
        {imported.import !== null && (
          <button id="undo-import" type="button" class="pill" onClick={undo}>
            Undo the whole import
          </button>
        )}
        <a class="pill main" href="/">
          See your list
        </a>
      </p>
    </div>
  );
}

/** What was taken back. */
export function Undone({ removed, restored, kept }: UndoneImport) {
  return (
    <div class="outcome" id="imported">
      <p>
        <strong>The import is taken back.</strong> {plural(removed, 'film')} removed
        {restored > 0 && `, ${plural(restored, 'film')} as before`}
        {kept > 0 && `; ${plural(kept, 'film')} that you changed since ${kept === 1 ? 'stays' : 'stay'}`}.
      </p>
    </div>
  );
}
