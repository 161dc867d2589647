import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { missingBuilds } from '../builds.ts';
import { SECRETS, SECRETS_FILE, withoutEmpty } from '../server.ts';
import { type Finding, find } from './finding.ts';

/** The Node that the packages bring is this one; under 24 and older some trainings came out different. */
const NODE = 26;

/** What this machine needs whether Marquee runs here or on Cloudflare. */
export function machineFindings(): Promise<Finding[]> {
  return Promise.all([find('Node', nodeVersion), find('built files', builtFiles)]);
}

export function secretsFinding(): Promise<Finding> {
  return find('secrets', async () => {
    const text = withoutEmpty(existsSync(SECRETS_FILE) ? await readFile(SECRETS_FILE, 'utf8') : '');
    const lacking = SECRETS.filter((name) => !new RegExp(`^${name}\\s*=`, 'm').test(text));
    if (lacking.length === 0) return 'all in .dev.vars';
    return { says: `.dev.vars lacks ${lacking.join(', ')}`, mend: 'npm start makes them' };
  });
}

function nodeVersion() {
  const { version } = process;
  if (Number.parseInt(version.slice(1), 10) >= NODE) return version;
  return { says: `${version}, older than ${NODE}`, mend: 'npm install, then start commands with npm run' };
}

function builtFiles() {
  const missing = missingBuilds();
  return missing.length === 0 ? 'all there' : { says: `missing: ${missing.join(', ')}`, mend: 'npm run prepare' };
}
