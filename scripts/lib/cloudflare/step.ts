import { configurationPath, type Resources } from './configuration.ts';

/** One step of a deployment; done twice, it finds nothing to do. */
export interface Step {
  readonly title: string;
  /** What it is for. */
  readonly why: string;
  /** Its commands, as people would give them. */
  readonly commands: readonly string[];
  /** Returns what came of it, in a few words. */
  readonly act: () => Promise<string>;
}

/** The flags of wrangler that name an environment's configuration. */
export function targetOf(resources: Resources): string[] {
  return ['--config', configurationPath(resources), '--env', resources.environment];
}

/** A command of wrangler as people would give it. */
export function asWritten(args: readonly string[]): string {
  return `npx wrangler ${args.join(' ')}`;
}
