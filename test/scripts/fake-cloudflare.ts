import Table from 'cli-table3';
import type { World } from '../../scripts/lib/cloudflare/world.ts';
import type { WranglerAnswer } from '../../scripts/lib/cloudflare/wrangler.ts';

/**
 * An account on Cloudflare as wrangler 4.155 shows it: its commands, with the lists and errors that they print. Nothing of
 * it was seen on a real account; texts and forms are those of wrangler's own code.
 */
export class FakeCloudflare {
  signedIn = true;
  accounts = [{ id: 'a'.repeat(32), name: 'Ann' }];
  /** Of `wrangler login`; undefined for a token, whose permissions are not told. */
  scopes?: readonly string[];
  /** First words of commands that the token may not give. */
  forbidden: readonly string[] = [];
  /** First words of the command that fails once. */
  failing: string | null = null;
  buckets = new Set<string>();
  databases = new Map<string, string>();
  queues: string[] = [];
  /** Which Worker takes what is in a queue: one alone may. */
  readonly consumers = new Map<string, string>();
  /** null: there is no Worker. */
  secrets: Map<string, string> | null = null;
  migrated = false;
  /** The version in service. */
  version: string | null = null;
  /** Everything that was given, in order. */
  readonly log: string[] = [];
  /** What the Worker answers before it is known everywhere. */
  unanswered = 0;

  /** What was given and changes something. */
  get changes(): string[] {
    return this.log.filter((line) => /create|apply|deploy|train|publish/.test(line));
  }

  world(readSecrets: (path: string) => Promise<Record<string, string>>): World {
    return {
      wrangler: (args) => this.#answer(args, readSecrets),
      marquee: async (name, args) => {
        this.log.push(`npm run ${name} -- ${args.join(' ')}`);
        if (this.#fails(name)) throw new Error(`${name} failed`);
        await this.onCommand(name, args);
      },
      fetch: async () => {
        const status = this.unanswered-- > 0 ? 404 : 200;
        return { status, text: async () => 'error code: 1042' };
      },
      pause: async () => {},
    };
  }

  /** What Marquee's own commands do. */
  onCommand: (name: string, args: readonly string[]) => Promise<void> = async () => {};

  #fails(command: string): boolean {
    if (this.failing === null || !command.startsWith(this.failing)) return false;
    this.failing = null;
    return true;
  }

  async #answer(
    args: readonly string[],
    readSecrets: (path: string) => Promise<Record<string, string>>,
  ): Promise<WranglerAnswer> {
    const command = args.join(' ');
    this.log.push(command);
    if (command === 'whoami --json') return this.#whoAmI();
    if (!this.signedIn) return failed('it’s necessary to set a CLOUDFLARE_API_TOKEN environment variable');
    if (this.forbidden.some((words) => command.startsWith(words))) {
      return failed(
        'A request to the Cloudflare API (/accounts/a) failed.\n\n  Authentication error [code: 10000]\n\n\n🪵  Logs were written to "/log"',
      );
    }
    if (this.#fails(command)) return failed('A request to the Cloudflare API failed.\n\n  internal error [code: 7500]');
    const at = (flag: string) => args[args.indexOf(flag) + 1];
    if (command === 'r2 bucket list') {
      const lines = [...this.buckets].map(
        (name) => `name:           ${name}\ncreation_date:  2026-11-30T08:00:00.000Z`,
      );
      return done(`Listing buckets...\n${lines.join('\n\n')}`);
    }
    if (command.startsWith('r2 bucket create')) return this.#make(this.buckets.size < this.buckets.add(args[3]).size);
    if (command === 'd1 list --json') {
      return done(JSON.stringify([...this.databases].map(([name, uuid]) => ({ uuid, name, version: 'production' }))));
    }
    if (command.startsWith('d1 create')) {
      const isNew = !this.databases.has(args[2]);
      if (isNew) this.databases.set(args[2], ID);
      return this.#make(isNew);
    }
    if (command.startsWith('queues list')) return this.#queuePage(args.includes('--page') ? Number(at('--page')) : 1);
    if (command.startsWith('queues create')) {
      const isNew = !this.queues.includes(args[2]);
      if (isNew) this.queues.push(args[2]);
      return this.#make(isNew);
    }
    if (command.startsWith('queues info')) {
      const consumer = this.consumers.get(args[2]);
      return done(
        `Queue Name: ${args[2]}\nNumber of Producers: 1\nProducers: worker:elsewhere\nNumber of Consumers: ${consumer ? 1 : 0}` +
          (consumer ? `\nConsumers: worker:${consumer}` : ''),
      );
    }
    if (/^d1 migrations apply DB(_\d+)? --remote/.test(command)) {
      const said = this.migrated ? '✅ No migrations to apply!' : '🚣 Executed 30 commands in 4.20ms';
      this.migrated = true;
      return done(said);
    }
    if (command.startsWith('secret list')) {
      if (!this.secrets)
        return failed(`Worker "${at('--name')}" not found.\n\nIf this is a new Worker, run \`wrangler deploy\``);
      return done(JSON.stringify([...this.secrets.keys()].map((name) => ({ name, type: 'secret_text' }))));
    }
    if (command.startsWith('deploy')) {
      const added = args.includes('--secrets-file') ? Object.entries(await readSecrets(at('--secrets-file'))) : [];
      const refusal = await this.#takeQueues(at('--config'), at('--env'), readSecrets);
      if (refusal) return refusal;
      this.secrets = new Map([...(this.secrets ?? []), ...added]);
      return done(
        'Uploaded marquee (3.02 sec)\nDeployed marquee triggers (0.41 sec)\n  https://marquee.ann.workers.dev\n  schedule: 0 4 * * *',
      );
    }
    if (command.startsWith('r2 object get')) {
      if (!this.version) return failed('The specified key does not exist.');
      return done(JSON.stringify({ version: this.version }));
    }
    throw new Error(`wrangler was asked what this account does not know: ${command}`);
  }

  /** An upload makes its Worker the consumer of the queues that its configuration names. */
  async #takeQueues(config: string, environment: string, read: (path: string) => Promise<object>) {
    if (!config.endsWith('.json')) return null;
    const { env } = (await read(config)) as { env: Record<string, { name: string; queues: Queues }> };
    const { name, queues } = env[environment];
    for (const { queue } of queues.consumers) {
      const consumer = this.consumers.get(queue);
      if (consumer !== undefined && consumer !== name) {
        return failed(
          'A request to the Cloudflare API (/accounts/a/queues/q/consumers) failed.\n\n  workers.api.error.consumer_exists [code: 11004]',
        );
      }
      this.consumers.set(queue, name);
    }
    return null;
  }

  #make(isNew: boolean): WranglerAnswer {
    return isNew ? done('made') : failed('it already exists [code: 10004]');
  }

  #whoAmI(): WranglerAnswer {
    if (!this.signedIn) return { status: 1, stdout: '\n{"loggedIn":false}\n', stderr: '' };
    const { accounts, scopes } = this;
    const authType = scopes ? 'OAuth Token' : 'User API Token';
    return done(
      JSON.stringify({ loggedIn: true, authType, email: 'ann@example.com', accounts, tokenPermissions: scopes }),
    );
  }

  /** Two a page, so that there is more than one. */
  #queuePage(page: number): WranglerAnswer {
    const table = new Table({ head: ['id', 'name', 'created_on'], style: { head: [], border: [] } });
    const names = this.queues.slice(2 * page - 2, 2 * page);
    table.push(...names.map((name, index) => [String(index).padStart(32, 'c'), name, '2026-11-30']));
    return done(table.toString());
  }
}

interface Queues {
  readonly consumers: readonly { readonly queue: string }[];
}

export const ID = '12345678-1234-1234-1234-123456789abc';

function done(stdout: string): WranglerAnswer {
  return { status: 0, stdout: `${stdout}\n`, stderr: '' };
}

function failed(text: string): WranglerAnswer {
  return { status: 1, stdout: '', stderr: `\n✘ [ERROR] ${text}\n` };
}
