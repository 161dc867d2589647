/** Seconds between two looks of a server at what is published, where wrangler.toml does not say. */
const DEFAULT_TTL = '10';

/** Says in how many seconds every request is answered by what a command has just put into service. */
export async function sayWhenServed(remote: boolean): Promise<void> {
  const { unstable_readConfig: readConfig } = await import('wrangler');
  const { vars } = readConfig({ config: 'wrangler.toml', env: remote ? 'production' : undefined });
  console.error(`Every request is answered so in ${vars.MODEL_TTL ?? DEFAULT_TTL} s at the latest.`);
}
