import { useState } from 'preact/hooks';
import { shortTitle } from '../../parts/film/title.tsx';
import { troubleOf } from '../../state/state.ts';
import { count, Part, type PartOfDesk, percent, useAsked } from './asked.tsx';
import type { Traffic } from './client.ts';

/** What the isolate that answers has answered so far. */
export function TrafficPart({ operator, say }: PartOfDesk) {
  const { answer, trouble, again } = useAsked(() => operator.traffic());
  const [hidden, setHidden] = useState<readonly number[]>([]);
  const [failed, setFailed] = useState(trouble);
  const change = async (movieId: number, title: string) => {
    const isHidden = hidden.includes(movieId);
    try {
      await (isHidden ? operator.show(movieId) : operator.hide(movieId));
      setHidden(isHidden ? hidden.filter((id) => id !== movieId) : [...hidden, movieId]);
      setFailed(null);
      say(`${title} is ${isHidden ? 'shown again' : 'hidden'}.`);
    } catch (error) {
      setFailed(troubleOf(error));
    }
  };
  return (
    <Part
      name="traffic"
      title="Traffic"
      hint="Of the one isolate that answers, since it began. Cloudflare runs many: the whole is in Analytics Engine."
      trouble={failed ?? trouble}
      again={again}
    >
      {answer && <Figures traffic={answer} />}
      {answer && <Routes routes={answer.routes} />}
      {answer?.shown && answer.shown.most.length > 0 && (
        <>
          <h4>Shown most</h4>
          <ol class="admin-films">
            {answer.shown.most.map(({ movieId, title, year, times }) => (
              <li key={movieId}>
                <a href={`/film/${movieId}`}>{shortTitle(title)}</a>
                <span class="hint">
                  {' '}
                  {year} · {times === 1 ? 'once' : `${count(times)} times`}
                </span>
                <button
                  type="button"
                  class="quiet"
                  aria-label={`${hidden.includes(movieId) ? 'Show again' : 'Hide'}: ${title}`}
                  onClick={() => void change(movieId, title)}
                >
                  {hidden.includes(movieId) ? 'Show again' : 'Hide'}
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </Part>
  );
}

function Figures({ traffic: { requests, errors, milliseconds, lists, shown } }: { traffic: Traffic }) {
  const figures: [string, string][] = [
    ['Requests', count(requests)],
    ['Failed (5xx)', count(errors)],
    ['Half within', within(milliseconds.p50)],
    ['95% within', within(milliseconds.p95)],
    ['99% within', within(milliseconds.p99)],
    ...Object.entries(lists).map(([basis, times]): [string, string] => [`Lists, ${basis}`, count(times)]),
  ];
  if (shown) {
    figures.push(
      ['Films listed', `${count(shown.films)} · ${percent(shown.coverage)} of all`],
      ['Best-known tenth', `${percent(shown.bestKnown)} of places`],
    );
  }
  return (
    <dl class="admin-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Routes({ routes }: { routes: Traffic['routes'] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="admin-table" tabIndex={0} aria-label="Requests by route">
      <table>
        <thead>
          <tr>
            <th scope="col">Route</th>
            <th scope="col">Requests</th>
            <th scope="col">4xx</th>
            <th scope="col">5xx</th>
            <th scope="col">95% within</th>
          </tr>
        </thead>
        <tbody>
          {routes.map(({ route, requests, byStatus, p95 }) => (
            <tr key={route}>
              <th scope="row">{route}</th>
              <td data-column="Requests">{count(requests)}</td>
              <td data-column="4xx">{count(byStatus['4xx'] ?? 0)}</td>
              <td data-column="5xx">{count(byStatus['5xx'] ?? 0)}</td>
              <td data-column="95% within">{within(p95)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** @param milliseconds null: more than is measured */
function within(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${count(milliseconds)} ms`;
}
