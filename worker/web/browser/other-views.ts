import style from '../styles/views.css?text';

export { OTHER_VIEWS } from '../parts/other-views.ts';

/* Where the Worker drew such a view, the same stands in a file of its own: the page looks right before its script is here. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
document.adoptedStyleSheets.push(sheet);
