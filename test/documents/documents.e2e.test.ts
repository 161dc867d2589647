import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marquee, ROOT } from '../scripts/command.ts';
import { type Block, blocksOf, DOCUMENTS, placeOf, readDocument } from './blocks.ts';
import { type Checkout, openCheckout } from './checkout.ts';
import { expectOutput } from './output.ts';

/** Marks of command blocks that do not run here, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  start: 'the server that every other block asks is started so',
  ci: 'continuous integration runs it, or what it calls',
  cloudflare: 'it needs an account',
  slow: 'it takes minutes; its flags are looked up',
};
const SHELLS = ['sh', 'bash', 'console', 'shell'];
/** How test/artifact.py says that pyarrow is missing. */
const SKIPPED = 77;

const blocks = (await Promise.all(DOCUMENTS.map(blocksOf))).flat();
let checkout: Checkout;

beforeAll(async () => {
  checkout = await openCheckout();
  for (const block of blocks) if (block.mark.includes('/')) await checkout.apply(block);
  await checkout.start();
});

afterAll(async () => {
  await checkout?.remove();
});

describe('every command block', () => {
  it('says whether it runs here, or why not', () => {
    const marks = ['run', ...Object.keys(ELSEWHERE)];
    const silent = blocks.filter(({ language, mark }) => SHELLS.includes(language) && !marks.includes(mark));
    expect(silent.map(placeOf)).toEqual([]);
    expect(blocks.filter(({ language }) => language === '').map(placeOf)).toEqual([]);
  });

  it.each(blocks.filter(({ mark }) => mark === 'run').map((block) => [placeOf(block), block] as const))(
    '%s runs, and prints what the page shows',
    async (place, block) => {
      const { status, stdout, stderr } = await checkout.run(block.text);
      if (status === SKIPPED) return console.warn(`${place}: ${stderr}`);
      expect(status, `${place}\n${stdout}\n${stderr}`).toBe(0);
      const shown = outputOf(block);
      if (shown) expectOutput(stdout, shown.text, shown.language, place);
    },
  );
});

/** The block of output that follows a command block, if there is one. */
function outputOf(block: Block): Block | undefined {
  const next = blocks[blocks.indexOf(block) + 1];
  return next?.document === block.document && next.mark === 'output' ? next : undefined;
}

describe('every command that a page names', () => {
  const help = new Map<string, Promise<string>>();

  /** What `--help` of a command says. */
  function helpOf(name: string, bench: string | undefined): Promise<string> {
    const args = bench ? [bench, '--help'] : ['--help'];
    const key = `${name} ${bench ?? ''}`;
    const found = help.get(key) ?? marquee(name, args).then(({ stdout }) => stdout);
    help.set(key, found);
    return found;
  }

  it.each(DOCUMENTS)('exists with its flags: %s', async (document) => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const text = await readDocument(document);
    for (const [command, name, rest = ''] of text.matchAll(/npm run ([\w:-]+)((?: -- [^`|\n#>&)]*)?)/g)) {
      expect(scripts, command).toHaveProperty(name);
      const flags = rest.match(/--[a-z][a-z-]*/g) ?? [];
      if (flags.length === 0 || !existsSync(join(ROOT, `scripts/${name}.ts`))) continue;
      const bench = name === 'bench' ? /-- ([a-z]+)/.exec(rest)?.[1] : undefined;
      const known = await helpOf(name, bench);
      for (const flag of flags) expect(known, `${document}: ${command}`).toContain(flag);
    }
  });
});

it('worker/README.md names every route', async () => {
  const { stdout } = await checkout.run('curl -s localhost:8787/openapi.json');
  const { paths } = JSON.parse(stdout) as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const text = (await readDocument('worker/README.md')) + (await readDocument('.github/CONTRIBUTING.md'));
  expect(routes.length).toBeGreaterThan(20);
  expect(
    routes.filter((route) => !text.includes(`\`${route}`) && !text.includes(`path: '${route.split(' ')[1]}'`)),
  ).toEqual([]);
});

it.each(['movies', 'users', 'posterior', 'serving', 'profiles', 'next'])(
  'shared/README.md names every column of %s.arrow',
  async (name) => {
    const file = await readFile(join(ROOT, `test/fixtures/artifact/${name}.arrow`));
    const columns = tableFromIPC(new Uint8Array(file)).schema.fields.map((field) => field.name);
    const text = await readDocument('shared/README.md');
    expect(columns.filter((column) => !text.includes(`\`${column}\``))).toEqual([]);
  },
);

describe('every page', () => {
  it.each([...DOCUMENTS, 'CHANGELOG.md'])('links to files that there are: %s', async (document) => {
    const links = [...(await readDocument(document)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path);
    const missing = links.filter((path) => !existsSync(join(ROOT, dirname(document), path)));
    expect(missing).toEqual([]);
  });

  it.each(DOCUMENTS)('links to headings that there are: %s', async (document) => {
    const links = [...(await readDocument(document)).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
    const missing: string[] = [];
    for (const [link, path, anchor] of links) {
      const text = await readDocument(path ? join(dirname(document), path) : document);
      if (!anchorsOf(text).has(anchor)) missing.push(link);
    }
    expect(missing).toEqual([]);
  });

  it('README.md has at most 150 lines and 10 KB', async () => {
    const text = await readDocument('README.md');
    expect(text.split('\n').length).toBeLessThanOrEqual(151);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(10 * 1024);
  });
});

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
