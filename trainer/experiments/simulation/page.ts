import { ARMS, type Quality } from './arms.ts';
import { overall, type PeriodReport } from './simulate.ts';

const COLOURS = ['#8a8f98', '#c77d11', '#2b7bba', '#b3264a'];
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 240, 52, 28];

const FIGURES = [
  { title: 'RMSE of each rating before it was posted, stars (lower is better)', of: ({ rmse }: Quality) => rmse },
  { title: 'Visits with a liked film among the first ten (higher is better)', of: ({ hitRate }: Quality) => hitRate },
  { title: 'NDCG@10 (higher is better)', of: (quality: Quality) => quality['ndcg@10'] },
] as const;

/** What a simulation found as one self-contained HTML page: a table, and a plot of each figure by period. */
export function simulationPage(title: string, reports: readonly PeriodReport[]): string {
  const all = overall(reports);
  const rows = ARMS.map(({ name }) => row('td', [name, ...cells(all[name])])).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; } th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd; }
  th:first-child, td:first-child { text-align: left; } svg { width: 100%; height: auto; } text { font: 11px system-ui, sans-serif; }
</style>
<h1>${escaped(title)}</h1>
<table>
${row('th', ['', 'RMSE', 'hit rate', 'NDCG@10'])}
${rows}
</table>
${FIGURES.map(({ title: heading, of }) => `<h2>${heading}</h2>\n${plot(heading, reports, of)}`).join('\n')}
</html>
`;
}

function cells({ rmse, hitRate, 'ndcg@10': ndcg }: Quality): string[] {
  return [rmse.toFixed(4), `${(100 * hitRate).toFixed(1)}%`, ndcg.toFixed(4)];
}

function row(tag: 'td' | 'th', texts: readonly string[]): string {
  return `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
}

/** A line for every arm. */
function plot(label: string, reports: readonly PeriodReport[], of: (quality: Quality) => number): string {
  const lines = ARMS.map(({ name }) => reports.map(({ arms }) => of(arms[name])));
  const [low, high] = [Math.min(...lines.flat()), Math.max(...lines.flat())];
  const x = (at: number) => LEFT + ((WIDTH - LEFT - 130) * (at + 0.5)) / reports.length;
  const y = (value: number) => 10 + ((HEIGHT - BOTTOM - 10) * (high - value)) / (high - low || 1);
  const every = Math.ceil(reports.length / 6);
  const dates = reports.flatMap(({ from }, at) =>
    at % every === 0 ? [`<text x="${x(at).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="middle">${from}</text>`] : [],
  );
  const levels = [low, (low + high) / 2, high].map(
    (level) =>
      `<text x="${LEFT - 8}" y="${y(level) + 4}" text-anchor="end">${level.toFixed(3)}</text>` +
      `<line x1="${LEFT}" x2="${WIDTH - 130}" y1="${y(level)}" y2="${y(level)}" stroke="#e4e4e4"/>`,
  );
  const curves = lines.map((values, arm) => {
    const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const key = 24 + 18 * arm;
    return (
      `<polyline points="${points}" fill="none" stroke="${COLOURS[arm]}" stroke-width="2"/>` +
      `<text x="${WIDTH - 122}" y="${key}" fill="${COLOURS[arm]}">${escaped(ARMS[arm].name)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(label)}">${[...levels, ...dates, ...curves].join('')}</svg>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
