import type { Movie } from '../../state/api.ts';
import { useActions } from '../actions.ts';
import { useChanging } from '../rating/changing.ts';
import { Star, Stars, useDraft } from '../rating/stars.tsx';

interface GivenProps {
  readonly movie: Movie;
  readonly name: string;
  readonly rating: number;
  /** What the button says instead of the stars. */
  readonly label?: string;
}

/** The stars that a film has, as a button; it opens stars to change them. */
export function Given({ movie, name, rating, label }: GivenProps) {
  const { rate } = useActions();
  const { changing, change, around } = useChanging();
  const keys = useDraft(rating, (stars) => {
    change(false);
    rate(movie, stars);
  });
  return (
    <div class="given-place" ref={around as never}>
      {changing ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the radio buttons inside
        <div
          class="giving"
          data-control="change"
          onKeyDown={(event) => {
            if (event.key === 'Escape' && keys.draft === null) change(false);
            else keys.onKeyDown(event);
          }}
        >
          <Stars title={name} value={rating} keys={keys} />
        </div>
      ) : (
        <button
          type="button"
          class={label ? 'pill' : 'quiet given'}
          data-control="change"
          aria-label={`Change: ${name}, ${rating.toFixed(1)}`}
          onClick={() => change(true)}
        >
          {label ?? (
            <>
              {rating.toFixed(1)} <Star part={1} />
            </>
          )}
        </button>
      )}
    </div>
  );
}
