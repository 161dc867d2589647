/** What the page loads when it is first wanted. One file: each further one would cost the first view more. */
export { Previews } from './preview.ts';
export { Gatherings } from './together.tsx';
