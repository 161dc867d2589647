import type { Api, Version } from './api.ts';

/** What the page about the model shows. */
export interface About {
  /** The published versions, the newest first. */
  readonly versions: readonly Version[];
  /** The report's content as HTML; null until the browser has it, empty where the version has none that fits. */
  readonly report: string | null;
}

export async function loadAbout(api: Api): Promise<About> {
  return { versions: await api.versions(), report: null };
}

/** The content of a report, without its head, that fits into this page; empty for an older one, which brings its own styles. */
export function contentOf(report: string): string {
  return /<main class="report">.*?<\/header>(.*)<\/main>/s.exec(report)?.[1] ?? '';
}
