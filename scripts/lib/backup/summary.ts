import { SEQUENCES } from './dump.ts';
import { type BackupManifest, tablesIn } from './manifest.ts';

/** What a backup holds, in a line. */
export function summaryOf(manifest: BackupManifest): string {
  const { madeAt, objects, store } = manifest;
  const tables = tablesIn(manifest);
  const rows = tables.reduce((sum, table) => sum + (table.name === SEQUENCES ? 0 : table.rows), 0);
  const files = [...tables.flatMap((table) => table.files), ...objects];
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  return (
    `${rows} rows of D1 and ${objects.length} objects of R2, ${megabytes.toFixed(1)} MB, ` +
    `of ${madeAt}, epoch ${store.epoch}`
  );
}
