import type { ComponentType } from 'preact';

/** What the view shows below its heading, once the browser has loaded it (`browser/admin/panel.tsx`). */
export const late: { Panel: ComponentType | null } = { Panel: null };
