import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { lazy } from './lazy.ts';

const ACCEPTED = '.csv,.tsv,.dat,.data,.zip,.gz,text/*';

/** Lets a person choose files; anywhere on the page they may also be dropped. */
export function ChooseFile({ id }: { id: string }) {
  const { importFiles } = useActions();
  return (
    <label class="choose">
      <span>Bring your ratings</span>
      <input
        id={id}
        type="file"
        accept={ACCEPTED}
        multiple
        onChange={(event) => {
          importFiles(event.currentTarget.files);
          event.currentTarget.value = ''; // the same file may be chosen again
        }}
      />
    </label>
  );
}

/** The section beside the list. */
export function Bring() {
  return (
    <section class="bring">
      <ChooseFile id="import" />
      <p class="hint">A Letterboxd or IMDb export, or MovieLens ratings. You look at it before it is stored.</p>
    </section>
  );
}

/** A file of films: looked at, stored, taken back. */
export function BringView({ state }: { state: State }) {
  const { step, name, trouble } = state.bring;
  return (
    <section class="bring-view" aria-labelledby="bring-heading">
      <Back address={state.address} />
      <h2 id="bring-heading" tabIndex={-1}>
        Bring your films
      </h2>
      {trouble && (
        <p class="problem" role="alert">
          <span>
            <strong>{trouble.message}</strong> {trouble.fix}
          </span>
        </p>
      )}
      {step === 'reading' && <Wait text={`Reading ${name}`} />}
      {step === 'storing' && <Wait text="Storing" />}
      {step === 'undoing' && <Wait text="Taking it back" />}
      {lazy.steps?.(state)}
      {(step === 'none' || step === 'undone') && <HowTo />}
    </section>
  );
}

function HowTo() {
  return (
    <>
      <p class="bring with-scripts">
        <ChooseFile id="bring-file" />
      </p>
      <p class="hint">Or drop a file anywhere on this page. You look at what is in it before anything is stored.</p>
      <dl class="sources">
        <dt>Letterboxd</dt>
        <dd>
          Settings, Data, Export your data: the ZIP as it is. Ratings come with the days on which you watched; films
          that you watched or liked without stars count as seen; the watchlist stays one.
        </dd>
        <dt>IMDb</dt>
        <dd>Your ratings, Export: the CSV file. Ten points are five stars. Series and games are left out.</dd>
        <dt>MovieLens, or Marquee</dt>
        <dd>A CSV or .dat file of ratings.</dd>
      </dl>
    </>
  );
}

function Wait({ text }: { text: string }) {
  return (
    <p class="wait">
      <progress aria-label={text} /> {text}…
    </p>
  );
}
