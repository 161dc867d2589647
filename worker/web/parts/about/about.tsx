import type { Model, State } from '../../state/state.ts';
import { Back } from '../back.tsx';
import { Versions } from './versions.tsx';

/** The model: what it knows, what it cannot know, its versions and its report. */
export function AboutView({ state: { address, model, about, privacy } }: { state: State }) {
  return (
    <section class="about-model" aria-labelledby="about-heading">
      <Back address={address} />
      <h2 id="about-heading" tabIndex={-1}>
        About the model
      </h2>
      {model && <Limits model={model} />}
      {privacy.kept !== 'taken' && <Versions versions={about?.versions ?? []} />}
      {about && privacy.kept !== 'taken' && <Report html={about.report} />}
    </section>
  );
}

/** What the data cannot show, as they say themselves. */
function Limits({ model: { version, until, newestRating, movies, ratings, data } }: { model: Model }) {
  const count = (n: number) => n.toLocaleString('en');
  const isOld = newestRating && newestRating.replace('-', '') < version.slice(0, 6); // than the month of its training
  return (
    <>
      <p>
        It learned from {count(ratings)} ratings of {count(movies)} films ({data}) what people like together. It knows a
        film by its ratings, genres and year, and nothing of its plot or its people.
      </p>
      <ul class="limits">
        {until && (
          <li>
            <strong>No film after {until}.</strong> Its newest films are of that year; later ones are neither listed nor
            found.
          </li>
        )}
        {isOld && (
          <li>
            <strong>No rating after {monthOf(newestRating)}.</strong> What people think of these films since then it
            does not know; what you rate counts at once.
          </li>
        )}
      </ul>
    </>
  );
}

/** "2016-10" → "October 2016". */
function monthOf(month: string): string {
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return new Date(`${month}-01`).toLocaleString('en', options);
}

/** The content of the report, which the browser fetches. */
function Report({ html }: { html: string | null }) {
  return (
    <>
      <p class="report-link">
        <a href="/report">The report as one file</a>, to keep or print
      </p>
      {html === null && <div class="report" aria-busy="true" />}
      {html && (
        // the report of this server, whose texts are escaped
        <div class="report" dangerouslySetInnerHTML={{ __html: html }} />
      )}
    </>
  );
}
