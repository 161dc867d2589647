import type { State } from '../../state/state.ts';
import { Back } from '../back.tsx';

/** The map of all films. What draws it comes when it is looked at; until then its place is kept. */
export function MapView({ state }: { state: State }) {
  const { Chart, films } = state.map;
  return (
    <section class="map" aria-labelledby="map-heading">
      <div class="section-head">
        <h2 id="map-heading" tabIndex={-1}>
          The map of films
        </h2>
        <Back address={state.address} />
      </div>
      <p class="hint">
        Films near each other are rated alike. Left to right and top to bottom are the two ways in which tastes differ
        most.
      </p>
      <p class="nothing without-scripts">The map needs JavaScript. The lists do not.</p>
      {Chart && films ? (
        <Chart state={state} films={films} />
      ) : (
        <div class="chart with-scripts">
          <div class="map-tools" />
          <div class="map-frame waiting" aria-busy="true" />
        </div>
      )}
    </section>
  );
}
