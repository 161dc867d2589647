import { plural } from '../../state/state.ts';
import { count, Part, type PartOfDesk, Time, useAsked } from './asked.tsx';
import type { Retrain } from './client.ts';

/** What became of each night, why, and what it left out. */
export function Retrains({ operator }: Omit<PartOfDesk, 'say'>) {
  const { answer, trouble, again } = useAsked(() => operator.retrains());
  return (
    <Part name="retrains" title="Retrains" trouble={trouble} again={again}>
      {answer?.length === 0 && <p class="hint">None has run yet: npm run retrain.</p>}
      <ol class="versions">
        {answer?.map((night) => (
          <li key={night.startedAt}>
            <Night night={night} />
          </li>
        ))}
      </ol>
    </Part>
  );
}

function Night({
  night: { state, startedAt, seconds, reason, version, ratings, leftOut, compared },
}: {
  night: Retrain;
}) {
  return (
    <>
      <p>
        <Time at={startedAt} />
        <span class={`night state-${state}`}>{state}</span>
        {seconds !== null && <span class="hint"> after {seconds.toFixed(0)} s</span>}
      </p>
      {reason && <p>{reason}</p>}
      {version && (
        <p class="hint">
          {version} in service{ratings !== null && `; ${count(ratings)} ratings`}
        </p>
      )}
      {compared && <Compared compared={compared} />}
      {leftOut && <LeftOut leftOut={leftOut} />}
    </>
  );
}

function Compared({ compared }: { compared: NonNullable<Retrain['compared']> }) {
  const both = (name: 'rmse' | 'ndcg@10') =>
    `${compared[name].champion.toFixed(4)} → ${compared[name].challenger.toFixed(4)}`;
  return (
    <p class="hint">
      On {count(compared.ratings)} {compared.on === 'hold-out' ? 'ratings held out' : compared.on}: RMSE {both('rmse')},
      NDCG@10 {both('ndcg@10')}
    </p>
  );
}

/** What the guard took for a flood, and rows that are no ratings. */
function LeftOut({ leftOut }: { leftOut: NonNullable<Retrain['leftOut']> }) {
  const { flatPeople, flatRatings, pushedRatings, pushedMovies, badRows } = leftOut;
  const said = [
    flatRatings > 0 && `${plural(flatRatings, 'rating')} of ${count(flatPeople)} who gave one value only`,
    pushedRatings > 0 &&
      `${plural(pushedRatings, 'rating')} beyond the daily allowance of ${plural(pushedMovies, 'film')}`,
    badRows > 0 && `${plural(badRows, 'row')} that are no ratings`,
  ].filter(Boolean);
  return said.length === 0 ? null : <p class="hint">Left out: {said.join('; ')}</p>;
}
