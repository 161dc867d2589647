import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { newFolder } from '../scripts/command.ts';
import { withServer } from './server.ts';

const ownChecks = { ...process.env, SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'schemathesis_checks.py') };
const python = (args: readonly string[], cwd?: string) =>
  promisify(execFile)('python3', args, { cwd, env: ownChecks, maxBuffer: 2 ** 26 });
/** As its own script begins it. */
const SCHEMATHESIS = ['-c', 'from schemathesis.cli import schemathesis; schemathesis()'];

/** Where continuous integration must not skip: .ci/run sets it. */
const isInstalled = await python(['-c', 'import schemathesis, openapi_spec_validator']).then(
  () => true,
  () => Boolean(process.env.REQUIRE_SCHEMATHESIS),
);
if (!isInstalled) {
  console.warn('python3 has no schemathesis and openapi-spec-validator (pip install them): their tests are skipped');
}

/** What Python printed; of a program that fails too. */
async function printed(args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await python(args, cwd).catch((error) => error);
  return `${stdout}\n${stderr}`;
}

const RUN = '--phases examples,fuzzing --max-examples 6 --seed 1 --continue-on-failure --warnings off'.split(' ');

it.runIf(isInstalled)(
  'a second validator finds openapi.json valid, and Schemathesis no fault in any route',
  async () => {
    const folder = await newFolder();
    await withServer(async ({ url, secrets }) => {
      const file = join(folder, 'openapi.json');
      await writeFile(file, await (await fetch(`${url}/openapi.json`)).text());
      expect(await printed(['-m', 'openapi_spec_validator', file], folder)).toContain('openapi.json: OK');
      const config = ['--no-color', '--config-file', join(import.meta.dirname, 'schemathesis.toml')];
      const header = ['-H', `Authorization: Bearer ${secrets.API_TOKEN}`];
      const report = await printed([...SCHEMATHESIS, ...config, 'run', file, '-u', url, ...header, ...RUN], folder);
      expect(report).not.toContain('Failures:');
      expect(report).toMatch(/No issues found/);
    });
  },
);
