/** The reports' style: the colours of the Worker's page, in light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf6ef, #15110e);
  --card: light-dark(#fffdf9, #1f1a16);
  --line: light-dark(#e5dccd, #37302a);
  --ink: light-dark(#251c14, #f4ece1);
  --soft: light-dark(#6a5d4f, #b5a797);
  --accent: light-dark(#b06a00, #ffc145);
  --second: light-dark(#0b6e8f, #6cc8e8);
  --third: light-dark(#2f7a3d, #86d39a);
  --fourth: light-dark(#7b4aa8, #c9a6ea);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 2.5rem) 4rem; }
h1 { margin: 0; font-size: 1.9rem; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.75rem; font-size: 1.25rem; }
h3 { margin: 0 0 0.25rem; font-size: 1rem; }
p { margin: 0.25rem 0; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
figure { margin: 1rem 0 0; }
.chart { overflow-x: auto; }
.chart:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.chart > svg { display: block; width: 100%; min-width: 32rem; height: auto; }
figcaption, .soft { color: var(--soft); font-size: 0.875rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.9rem 0.3rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; }
.columns { display: grid; gap: 1.25rem 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
ol { margin: 0; padding: 0; list-style: none; }
li { display: flex; justify-content: space-between; gap: 1rem; padding: 0.15rem 0; border-bottom: 1px solid var(--line); }
li span:first-child { overflow-wrap: anywhere; }
.number { font-variant-numeric: tabular-nums; color: var(--soft); white-space: nowrap; }
.distance { margin-top: 1rem; }
dl { display: grid; gap: 0 2.5rem; margin: 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
dl div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.15rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; text-align: right; }
`;

/** What drawings need: one of two is shown, by the room that there is. */
export const CHARTS = `
figure { container-type: inline-size; }
.wide svg, .narrow svg { display: block; width: 100%; height: auto; }
.chart text { white-space: pre; }
.narrow { display: none; }
@container (max-width: 36rem) {
  .narrow { display: block; }
  .wide { display: none; }
}
@media (max-width: 36rem) {
  .chart table { font-size: 0.85rem; }
  .chart :is(th, td) { padding-right: 0.5rem; }
}
`;
