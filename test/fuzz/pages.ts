import { PATHS } from '../../worker/web/state/address.ts';

/** Routes that openapi.json does not describe: the page's views, and the document itself. */
export const PAGES = [...Object.values(PATHS), '/film/1', '/docs', '/openapi.json'];
