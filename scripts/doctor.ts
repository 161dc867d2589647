import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { ENVIRONMENT, resourcesOf } from './lib/cloudflare/configuration.ts';
import { installedWrangler } from './lib/cloudflare/wrangler.ts';
import { cloudflareFindings } from './lib/doctor/cloudflare.ts';
import type { Finding } from './lib/doctor/finding.ts';
import { machineFindings, secretsFinding } from './lib/doctor/machine.ts';
import { storeFindings } from './lib/doctor/stores.ts';
import { STATE } from './lib/state.ts';

/** Hours: as MODEL_MAX_AGE of the environments on Cloudflare. */
const MAX_AGE = 48;

const program = command('doctor', 'says what is missing or wrong, and the command that mends it; changes nothing')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExit codes: 0 all is well, 1 something is missing or wrong.');

await run<{ remote: boolean; json?: boolean }>(program, async ({ remote, json }) => {
  const findings = [...(await machineFindings()), ...(await (remote ? onCloudflare() : onThisMachine()))];
  const lines = findings.map(({ topic, says, mend }) =>
    mend
      ? `WRONG  ${topic}: ${says}\n       mend: ${mend.replaceAll('\n', `\n${' '.repeat(13)}`)}`
      : `ok     ${topic}: ${says}`,
  );
  answer(json, { findings }, lines.join('\n'));
  if (findings.some(({ mend }) => mend)) process.exitCode = 1;
});

async function onThisMachine(): Promise<Finding[]> {
  const secrets = await secretsFinding();
  if (!existsSync(join(STATE, 'v3'))) {
    return [secrets, { topic: 'stores', says: `nothing is kept in ${STATE} yet`, mend: 'npm start' }];
  }
  const mends = { flag: '', migrate: 'npm start', publish: 'npm start', maxAge: 0 };
  return [secrets, ...(await withBindings(false, (bindings) => storeFindings(bindings, mends, Date.now())))];
}

async function onCloudflare(): Promise<Finding[]> {
  const findings = await cloudflareFindings(await resourcesOf(ENVIRONMENT), installedWrangler);
  const isBasic = (topic: string) => topic.startsWith('database') || topic === 'sign-in' || topic === 'bucket';
  if (findings.some(({ topic, mend }) => mend && isBasic(topic))) return findings;
  const deploy = `npm run deploy -- --env ${ENVIRONMENT}`;
  const mends = { flag: ' -- --remote', migrate: deploy, publish: deploy, maxAge: MAX_AGE };
  return [...findings, ...(await withBindings(true, (bindings) => storeFindings(bindings, mends, Date.now())))];
}
