import { join } from 'node:path';
import { withBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { type LocalServer, startServer } from '../../scripts/lib/server.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { ROOT } from './command.ts';

/** Serves the fixture's model out of a folder of its own. @param vars instead of those of wrangler.toml */
export async function serveFixture(folder: string, vars: Readonly<Record<string, string>>): Promise<LocalServer> {
  await withBindings(
    false,
    async ({ MODELS, DB }) => {
      await migrate(DB);
      await publish(MODELS, await readArtifact(join(ROOT, 'test/fixtures/artifact')));
    },
    folder,
  );
  return startServer(folder, 0, { vars: { SESSION_SECRET: 'a secret for tests', ...vars } });
}
