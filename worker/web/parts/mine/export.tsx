/** The layouts in which ratings leave, by what reads them. */
const LAYOUTS = [
  ['csv', 'ratings.csv', 'MovieLens, Marquee (CSV)'],
  ['letterboxd', 'letterboxd-ratings.csv', 'Letterboxd (CSV)'],
  ['imdb', 'imdb-ratings.csv', 'IMDb’s columns (CSV)'],
] as const;

/** Lets a person export their ratings. */
export function Export() {
  return (
    <details class="menu">
      <summary class="quiet">Export</summary>
      <ul>
        {LAYOUTS.map(([format, file, name]) => (
          <li key={format}>
            <a href={`/export?format=${format}`} download={file}>
              {name}
            </a>
          </li>
        ))}
        <li>
          <a href="/export/marks" download="marks.csv">
            Watchlist and seen (CSV)
          </a>
        </li>
      </ul>
    </details>
  );
}
