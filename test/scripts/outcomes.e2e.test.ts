import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { type LocalServer, startServer } from '../../scripts/lib/server.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { FIXTURE_VERSION } from '../fixtures/groups.ts';
import { newFolder, ROOT, succeed } from './command.ts';

const ARTIFACT = join(ROOT, 'test/fixtures/artifact');
const WRITES = { 'Content-Type': 'application/json' };

interface List {
  readonly requestId: string;
  readonly items: readonly { readonly movieId: number }[];
}

describe('npm run outcomes', () => {
  let folder: string;
  let server: LocalServer;

  beforeAll(async () => {
    folder = await newFolder();
    await withBindings(
      false,
      async ({ MODELS, DB }) => {
        await migrate(DB);
        await publish(MODELS, await readArtifact(ARTIFACT));
      },
      folder,
    );
    const vars = { LIST_LOG: '1', SESSION_SECRET: 'a secret for tests' };
    server = await startServer(folder, 0, { vars });
  });

  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Somebody who was never here: how they ask. */
  async function newcomer() {
    const { headers } = await fetch(`${server.url}/session`, { method: 'POST' });
    const Cookie = headers.get('Set-Cookie')!.split(';')[0];
    const list = (): Promise<List> =>
      fetch(`${server.url}/recommend?k=5`, { headers: { Cookie } }).then((answer) => answer.json() as Promise<List>);
    const post = async (path: string, body: unknown) => {
      const init = { method: 'POST', headers: { Cookie, ...WRITES }, body: JSON.stringify(body) };
      expect((await fetch(server.url + path, init)).status).toBe(200);
    };
    return { list, post };
  }

  it('joins what people were shown with what they did, by version, with confidence', async () => {
    for (let person = 0; person < 3; person++) {
      const { list, post } = await newcomer();
      const { requestId, items } = await list();
      const [, second] = items;
      if (person === 0) {
        const event = { id: 'one', kind: 'clicked', movieId: second.movieId, requestId };
        await post('/events', { events: [event] });
        await post('/events', { events: [event] }); // which is the same
      }
      if (person === 1) await post('/ratings', { movieId: second.movieId, rating: 5 });
      await list();
    }
    const output = await succeed('outcomes', ['--json'], { MARQUEE_STATE: folder });
    const { rows } = JSON.parse(output);
    // Six lists of three people, two each. R = 1/6; residuals 2/3, −1/3, −1/3: error² = 3/2 · 2/3 / 6²
    const share = { value: 1 / 6, error: expect.closeTo(1 / 6, 9), people: 3 };
    expect(rows).toMatchObject([
      {
        version: FIXTURE_VERSION,
        experiment: null,
        arm: null,
        way: 'all',
        lists: 6,
        metrics: { clicked: share, rated: share, watched: { value: 0, error: null } },
      },
    ]);
    const table = await succeed('outcomes', [], { MARQUEE_STATE: folder });
    expect(table).toMatch(/clicked %/);
    expect(table).toMatch(new RegExp(`^${FIXTURE_VERSION} +6 +3 +16\\.67 ±32\\.67`, 'm'));
    expect(await succeed('outcomes', ['--since', '2100-01-01'], { MARQUEE_STATE: folder })).toMatch(
      /^No list was logged/,
    );
  });
});
