import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MAY, secretList, secretNames } from './account.ts';
import type { Resources } from './configuration.ts';
import { lackingSecrets, makeSecretsFor, secretsPath, writePrivately } from './secrets.ts';
import { asWritten, type Step, targetOf } from './step.ts';
import { asked, type Wrangler } from './wrangler.ts';

const PART_CONFIG = 'worker/part/wrangler.toml';

/** Brings the Workers to Cloudflare, the one in front with the secrets that it lacks. */
export class Upload {
  readonly #resources: Resources;
  readonly #wrangler: Wrangler;
  readonly #givenUrl: string | undefined;
  #made: Record<string, string> = {};
  /** Where the Worker answers, as far as that is known by now. */
  url: string | null;

  /** @param url where the Worker answers, where its upload does not say */
  constructor(resources: Resources, wrangler: Wrangler, url?: string) {
    this.#resources = resources;
    this.#wrangler = wrangler;
    this.#givenUrl = url;
    this.url = url ?? null;
  }

  secrets(): Step {
    const { worker, folder } = this.#resources;
    return {
      title: 'secrets',
      why: `those that the Worker lacks are made, and kept in ${secretsPath(folder)}`,
      commands: [asWritten(secretList(worker))],
      act: async () => {
        const lacking = lackingSecrets(await secretNames(this.#wrangler, worker));
        if (lacking.length === 0) return 'all there';
        this.#made = await makeSecretsFor(folder, lacking);
        return `made: ${lacking.join(', ')}`;
      },
    };
  }

  parts(): Step[] {
    const { environment, parts } = this.#resources;
    return parts.map((part) => {
      const upload = ['deploy', '--config', PART_CONFIG, '--env', environment, '--name', part];
      return {
        title: `part ${part}`,
        why: 'has some of the films for the Worker in front, which names it',
        commands: [asWritten(upload)],
        act: async () => {
          await asked(this.#wrangler, upload, MAY.scripts);
          return 'is there, for the Worker in front alone';
        },
      };
    });
  }

  worker(): Step {
    const secretsFile = join(this.#resources.folder, 'new-secrets.json');
    const plain = ['deploy', ...targetOf(this.#resources)];
    const withSecrets = [...plain, '--secrets-file', secretsFile];
    return {
      title: `Worker ${this.#resources.worker}`,
      why: 'code, page and lacking secrets in one upload; the one before answers until then',
      commands: [asWritten(withSecrets)],
      act: async () => {
        const hasMade = Object.keys(this.#made).length > 0;
        const said = hasMade
          ? await this.#withSecretsIn(secretsFile, () => asked(this.#wrangler, withSecrets, MAY.scripts))
          : await asked(this.#wrangler, plain, MAY.scripts);
        this.url = this.#givenUrl ?? addressIn(said);
        return this.url ? `answers at ${this.url}` : 'is there, at no address of its own';
      },
    };
  }

  /** Values of secrets lie on the disk, for this user alone, while the upload lasts. */
  async #withSecretsIn(file: string, upload: () => Promise<string>): Promise<string> {
    try {
      await writePrivately(file, JSON.stringify(this.#made));
      return await upload();
    } finally {
      await rm(file, { force: true });
    }
  }
}

/** Where wrangler says that the Worker answers: on a domain of one's own, else on workers.dev. */
function addressIn(said: string): string | null {
  const own = /^\s*(\S+) \(custom domain/m.exec(said)?.[1];
  if (own) return `https://${own}`;
  return /https:\/\/\S+\.workers\.dev/.exec(said)?.[0] ?? null;
}
