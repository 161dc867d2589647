import { html, raw } from 'hono/html';
import { CHARTS, STYLE } from './style.ts';

/** A piece of a page: what is put into it is escaped, unless it is such a piece itself. */
export type Html = ReturnType<typeof html>;

/** A page in the report's style: one file that loads nothing else. */
export function pageOf(title: string, body: readonly Html[]): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(STYLE + CHARTS)}</style>
</head>
<body>
<main class="report">
${body}
</main>
</body>
</html>
`}`;
}

export function section(title: string, ...parts: readonly Html[]): Html {
  return html`<section><h2>${title}</h2>${parts}</section>`;
}

/** @param svg a drawing of `charts.ts` */
export function figure(svg: string, caption: string): Html {
  return html`<figure>${scrollable(caption, raw(svg))}<figcaption>${caption}</figcaption></figure>`;
}

/** A column in which no row has anything is left out. @param rows cells; the first of each row is its name */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): Html {
  const columns = [...head.keys()].filter((column) => rows.some((cells) => cells[column]));
  const names = columns.map((column) => head[column]);
  const top = names.map((name) => (name === '' ? html`<td></td>` : html`<th scope="col">${name}</th>`));
  const lines = rows.map((cells) => {
    const [first, ...rest] = columns.map((column) => cells[column]);
    return html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  });
  return scrollable(
    names.filter((name) => name !== '').join(', '),
    html`<table><thead><tr>${top}</tr></thead><tbody>${lines}</tbody></table>`,
  );
}

/** What may be wider than the screen: it scrolls by itself, by the keyboard too. */
function scrollable(label: string, content: Html): Html {
  return html`<div class="chart" tabindex="0" role="group" aria-label="${label}">${content}</div>`;
}

/** A number with separators between its thousands. */
export function count(value: number): string {
  return value.toLocaleString('en');
}
