import { type Address, filmOf, hrefOf } from '../../state/address.ts';
import type { Explanation } from '../../state/api.ts';
import { verbOf } from './reason.tsx';
import { shortTitle } from './title.tsx';

const PARTS = [
  ['ratings', 'your ratings'],
  ['popularity', 'everybody’s liking'],
  ['base', 'how it is rated'],
] as const;

interface WhyProps {
  readonly explanation: Explanation;
  /** The film. Its own rating, where it has one, is no reason for it. */
  readonly of: number;
  readonly from: Address;
}

/** The exact parts of a film's score, and the other ratings that raise it or hold it down; nothing without ratings. */
export function Why({ explanation, of, from }: WhyProps) {
  if (explanation.parts.ratings === 0) return null;
  const [because, against] = [explanation.because, explanation.against].map((reasons) =>
    reasons.filter(({ movieId }) => movieId !== of),
  );
  return (
    <section class="why" aria-labelledby="why-heading">
      <h3 id="why-heading">Why it stands there</h3>
      <Parts parts={explanation.parts} />
      {because.length > 0 && <Reasons title="Ratings that raise it" reasons={because} from={from} />}
      {against.length > 0 && <Reasons title="Ratings that hold it down" reasons={against} from={from} />}
    </section>
  );
}

function Parts({ parts }: { parts: Explanation['parts'] }) {
  const whole = PARTS.reduce((sum, [name]) => sum + Math.abs(parts[name]), 0);
  if (whole === 0) return null;
  let x = 0;
  const bars = PARTS.filter(([name]) => parts[name] !== 0).map(([name, words]) => {
    const share = (100 * Math.abs(parts[name])) / whole;
    const bar = { name, words, share, x, sign: parts[name] < 0 ? '−' : '' };
    x += share;
    return bar;
  });
  return (
    <>
      <svg class="parts" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar) => (
          <rect
            key={bar.name}
            class={`part ${bar.name}`}
            x={bar.x.toFixed(2)}
            width={Math.max(0.5, bar.share - 0.6).toFixed(2)}
            height="10"
          />
        ))}
      </svg>
      <ul class="legend">
        {bars.map((bar) => (
          <li key={bar.name}>
            <svg class="key" viewBox="0 0 10 10" aria-hidden="true">
              <rect class={`part ${bar.name}`} width="10" height="10" />
            </svg>
            {bar.sign}
            {Math.round(bar.share)}% {bar.words}
          </li>
        ))}
      </ul>
    </>
  );
}

interface ReasonsProps {
  readonly title: string;
  readonly reasons: Explanation['because'];
  readonly from: Address;
}

function Reasons({ title, reasons, from }: ReasonsProps) {
  return (
    <>
      <h4>{title}</h4>
      <ul class="reasons">
        {reasons.map(({ movieId, title, rating, why, rankWithout }) => (
          <li key={movieId}>
            <a href={hrefOf(filmOf(from, movieId))}>{shortTitle(title)}</a>
            <span class="hint">
              {' '}
              you {verbOf({ why })} it, {rating} <span aria-hidden="true">★</span>
              <span class="visually-hidden">{rating === 1 ? 'star' : 'stars'}</span>; without it place{' '}
              {rankWithout.toLocaleString('en')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
