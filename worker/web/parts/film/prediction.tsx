const LEAST = 0.5;
const MOST = 5;

interface PredictionProps {
  readonly stars: number;
  /** Standard deviation, stars. */
  readonly uncertainty?: number;
}

/** What the model predicts: a number and a bar, never stars, which are a person's own. */
export function Prediction({ stars, uncertainty }: PredictionProps) {
  const words = uncertainty === undefined ? '' : `, give or take ${uncertainty.toFixed(1)}`;
  return (
    <p class="predicted">
      <span class="value" aria-hidden="true">
        {stars.toFixed(1)}
      </span>
      <Range stars={stars} uncertainty={uncertainty} />
      <span class="visually-hidden">
        predicted {stars.toFixed(1)} stars{words}
      </span>
    </p>
  );
}

/** The scale of stars as a line, the likely range on it, and the prediction as a mark. */
export function Range({ stars, uncertainty = 0 }: PredictionProps) {
  const from = place(stars - uncertainty);
  return (
    <svg class="range" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" y="3" width="100" height="2" />
      <rect class="likely" x={from} y="2" width={place(stars + uncertainty) - from} height="4" />
      <rect class="mark" x={Math.max(0, place(stars) - 1.5)} width="3" height="8" />
    </svg>
  );
}

function place(stars: number): number {
  const within = Math.min(MOST, Math.max(LEAST, stars));
  return Math.round(((within - LEAST) / (MOST - LEAST)) * 1000) / 10;
}
