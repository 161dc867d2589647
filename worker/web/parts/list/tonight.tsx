import { MOST_CERTAINTY, usualCertainty } from '../../../../shared/model/ordering.ts';
import { isNarrowed } from '../../state/address.ts';
import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

/** First decade that the selects offer; earlier films have no lower bound. */
const FIRST_DECADE = 1920;
const LAST_DECADE = 2010;
const DECADES = Array.from({ length: (LAST_DECADE - FIRST_DECADE) / 10 + 1 }, (_, at) => LAST_DECADE - 10 * at);

/** What tonight's list is narrowed to. A plain form: without scripts its button sends it. */
export function Tonight({ state }: { state: State }) {
  const { filter } = useActions();
  const { list } = state.address;
  const byRating = list.by === 'rating';
  const knowsMore = state.ratings.length > 0 || list.profile !== undefined; // than what is well known
  return (
    <form
      class="tonight"
      action="/"
      method="get"
      aria-label="Tonight"
      onChange={(event) => filter(event.currentTarget)}
      onSubmit={(event) => {
        event.preventDefault();
        filter(event.currentTarget);
      }}
    >
      {list.profile && <input type="hidden" name="profile" value={list.profile} />}
      <div class="orders">
        <Order by={list.by} offersNext={state.model?.hasNext === true && list.profile === undefined} />
        {knowsMore && !byRating && (
          <Slider
            name="popularity"
            from="lesser known"
            to="well known"
            range={[-1, 1]}
            value={list.popularity}
            usual={0}
          />
        )}
        {byRating && (
          <Slider
            name="certainty"
            from="daring"
            to="sure"
            range={[0, MOST_CERTAINTY]}
            step={1}
            value={list.certainty}
            usual={usualCertainty(1)}
          />
        )}
      </div>
      <details
        class="further"
        open={isNarrowed({ ...list, genre: undefined, popularity: undefined, certainty: undefined })}
      >
        <summary>More filters</summary>
        <div class="further-fields">
          <Decade name="yearFrom" label="From" shift={0} value={list.yearFrom} />
          <Decade name="yearTo" label="To" shift={9} value={list.yearTo} />
          <Slider
            name="diversity"
            from="best first"
            to="more variety"
            range={[0, 1]}
            value={list.diversity}
            usual={0}
          />
          <label class="field">
            <span>Leave out titles with</span>
            <input
              type="text"
              name="exclude"
              placeholder="star wars, part 2"
              value={list.exclude?.join(', ') ?? ''}
              autocomplete="off"
            />
          </label>
          <GenreChips name="notGenre" legend="Leave out" genres={state.genres} chosen={list.notGenre} />
        </div>
      </details>
      <GenreChips name="genre" legend="Genres" genres={state.genres} chosen={list.genre} />
      <p class="without-scripts">
        <button type="submit" class="pill">
          Show
        </button>
      </p>
    </form>
  );
}

interface OrderProps {
  readonly by: string | undefined;
  /** Whether the version has that order, and whoever asks is a person. */
  readonly offersNext: boolean;
}

function Order({ by, offersNext }: OrderProps) {
  const orders = [
    ['relevance', 'What you will like'],
    ...(offersNext || by === 'next' ? [['next', 'Watch next']] : []),
    ['rating', 'Most stars'],
  ];
  return (
    <fieldset class="switch">
      <legend class="visually-hidden">Order by</legend>
      {orders.map(([value, text]) => (
        <label key={value}>
          <input type="radio" name="by" value={value} checked={(by ?? 'relevance') === value} autocomplete="off" />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface ChipsProps {
  readonly name: string;
  readonly legend: string;
  readonly genres: readonly string[];
  readonly chosen: readonly string[] | undefined;
}

function GenreChips({ name, legend, genres, chosen = [] }: ChipsProps) {
  return (
    <fieldset class="chips">
      <legend class={name === 'genre' ? 'visually-hidden' : ''}>{legend}</legend>
      {genres.map((genre) => (
        <label key={genre} class="chip">
          <input type="checkbox" name={name} value={genre} checked={chosen.includes(genre)} autocomplete="off" />
          <span>{genre}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface DecadeProps {
  readonly name: string;
  readonly label: string;
  /** Years from a decade's first to the one that is asked for. */
  readonly shift: number;
  readonly value: string | undefined;
}

function Decade({ name, label, shift, value = '' }: DecadeProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name} value={value} autocomplete="off">
        <option value="" selected={value === ''}>
          any time
        </option>
        {DECADES.map((decade) => (
          <option key={decade} value={decade + shift} selected={value === String(decade + shift)}>
            {decade}s
          </option>
        ))}
      </select>
    </label>
  );
}

interface SliderProps {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly range: readonly [number, number];
  readonly value: string | undefined;
  readonly usual: number;
  readonly step?: number;
}

/** A scale between two words. */
function Slider({ name, from, to, range: [min, max], value, usual, step = 0.25 }: SliderProps) {
  return (
    <label class="slider">
      <span>{from}</span>
      <input
        type="range"
        name={name}
        min={min}
        max={max}
        step={step}
        value={value ?? usual}
        aria-label={`${from} to ${to}`}
        autocomplete="off"
      />
      <span>{to}</span>
    </label>
  );
}
