/** All of private mode: a script of its own, so that whoever does without it loads nothing of it. */
import './no-eval.ts'; // before any schema is made

export { openInBrowser } from './in-browser.ts';
export { Moves } from './moves.ts';
