import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { unstable_readConfig as readConfig } from 'wrangler';

const ROOT = join(import.meta.dirname, '../../..');
const WORKERD = createRequire(import.meta.url)('workerd').default as string;

/** The Worker as it is deployed. */
export interface Bundle {
  /** Its folder: index.js and the modules beside it. */
  readonly folder: string;
  readonly modules: readonly string[];
  readonly compatibilityDate: string;
  readonly vars: Readonly<Record<string, string>>;
}

/** Builds what `wrangler deploy` would upload. @param config of which Worker */
export async function bundleWorker(folder: string, config = 'wrangler.toml'): Promise<Bundle> {
  const args = ['deploy', '--dry-run', '--env', '', '--config', config, '--outdir', folder];
  const wrangler = join(ROOT, 'node_modules/.bin/wrangler');
  await promisify(execFile)(wrangler, args, { cwd: ROOT, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } });
  const { compatibility_date, vars } = readConfig({ config: join(ROOT, config) });
  return {
    folder,
    modules: (await readdir(folder)).filter((name) => /\.(js|wasm)$/.test(name)).sort(),
    compatibilityDate: compatibility_date!,
    vars: vars as Record<string, string>,
  };
}

export interface WorkerdOptions {
  /** In place of those of wrangler.toml. */
  readonly vars?: Readonly<Record<string, string>>;
  /** What the isolate beside it answers, JSON. */
  readonly constant?: string;
  /** Opens V8's inspector, which makes everything slower. */
  readonly inspect?: boolean;
  /** Leaves out what the Worker logs. */
  readonly silent?: boolean;
  /** The Worker of a part (`bundlePart`), and how many of them are bound as PART_1 and so on. */
  readonly parts?: { readonly bundle: Bundle; readonly count: number };
  /** The port of a queue, to which the Worker sends what D1 does not take; without it there is none. */
  readonly queue?: number;
}

/** Builds the Worker of a part of the catalogue, in a folder within that of the Worker in front. */
export function bundlePart({ folder }: Bundle): Promise<Bundle> {
  return bundleWorker(join(folder, PARTS_FOLDER), 'worker/part/wrangler.toml');
}

const PARTS_FOLDER = 'part';

/** Milliseconds that workerd is given to end in order. */
const GRACE = 5000;

/** A workerd process with the Worker in it. */
export interface Workerd {
  /** Where the Worker listens. */
  readonly url: string;
  /** Where an isolate beside it answers every request with the same bytes. */
  readonly constantUrl: string;
  /** Where a worker takes messages and hands them to the Worker's consumer; without `queue` nobody listens. */
  readonly brokerUrl: string;
  /** 0 without `inspect`. */
  readonly inspectorPort: number;
  readonly pid: number;
  /** Milliseconds from the start of the process until it listens: by then the isolate has run the module. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

/**
 * Starts workerd by itself, no Miniflare around it: its socket leads into the Worker's isolate, and R2 and D1 are
 * services elsewhere, at the ports given.
 *
 */
export async function startWorkerd(
  bundle: Bundle,
  {
    r2,
    d1,
    vars = {},
    constant = '{}',
    inspect = false,
    silent = false,
    queue,
    parts,
  }: WorkerdOptions & { r2: number; d1: number },
): Promise<Workerd> {
  const file = join(bundle.folder, 'config.capnp');
  await writeFile(join(bundle.folder, 'constant.js'), constantWorker(constant));
  await writeFile(join(bundle.folder, 'broker.js'), BROKER);
  await writeFile(file, configOf(bundle, { r2, d1, queue, parts }, { ...bundle.vars, ...vars }));
  const began = performance.now();
  const flags = ['--experimental', '--control-fd=3', ...(inspect ? ['--inspector-addr=127.0.0.1:0'] : [])];
  const child = spawn(WORKERD, ['serve', ...flags, file], {
    stdio: ['ignore', silent ? 'ignore' : 2, silent ? 'ignore' : 2, 'pipe'], // its log is none of a command's answer
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  const ports = await portsOf(
    child.stdio[3] as Readable,
    [...(inspect ? ['inspector'] : []), 'http', 'constant', 'broker'],
    ended,
  );
  const startedIn = performance.now() - began;
  return {
    url: `http://127.0.0.1:${ports.http}`,
    constantUrl: `http://127.0.0.1:${ports.constant}`,
    brokerUrl: `http://127.0.0.1:${ports.broker}`,
    inspectorPort: ports.inspector ?? 0,
    pid: child.pid!,
    startedIn,
    async stop() {
      process.off('exit', kill);
      child.kill('SIGTERM');
      const giveUp = setTimeout(kill, GRACE); // it waits for requests whose store never answered
      await ended;
      clearTimeout(giveUp);
    },
  };
}

/** Reads from workerd's control channel where it listens. */
async function portsOf(control: Readable, wanted: readonly string[], ended: Promise<unknown>) {
  const ports: Record<string, number> = {};
  const lines = createInterface(control);
  const all = (async () => {
    for await (const line of lines) {
      const { event, socket, port } = JSON.parse(line);
      if (event === 'listen-inspector') ports.inspector = port;
      if (event === 'listen') ports[socket] = port;
      if (wanted.every((name) => name in ports)) return ports;
    }
    throw new Error('workerd ended before it listened');
  })();
  return Promise.race([all, ended.then(() => Promise.reject(new Error('workerd ended')))]);
}

function constantWorker(json: string): string {
  const headers = "{ headers: { 'Content-Type': 'application/json' } }";
  return `export default { fetch: () => new Response(${JSON.stringify(json)}, ${headers}) };\n`;
}

/** Hands the messages of a request to the consumer of the Worker, and answers what became of them. */
const BROKER = `export default {
  async fetch(request, { MARQUEE }) {
    const messages = (await request.json()).map((message) => ({ ...message, timestamp: new Date(message.timestamp) }));
    const { outcome, ackAll, explicitAcks } = await MARQUEE.queue('marquee-ratings', messages);
    return Response.json({ outcome, ackAll, explicitAcks });
  },
};
`;

function configOf(
  { modules, compatibilityDate }: Bundle,
  { r2, d1, queue, parts }: { r2: number; d1: number } & Pick<WorkerdOptions, 'queue' | 'parts'>,
  vars: Readonly<Record<string, string>>,
): string {
  const list = (items: readonly string[]) => items.map((item) => `        ${item},`).join('\n');
  const kind = (name: string) => (name.endsWith('.wasm') ? 'wasm' : 'esModule');
  const embedded = (names: readonly string[], folder = '') =>
    ['index.js', ...names.filter((name) => name !== 'index.js')].map(
      (name) => `(name = "${name}", ${kind(name)} = embed "${folder}${name}")`,
    );
  const numbers = Array.from({ length: parts?.count ?? 0 }, (_, at) => at + 1);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "marquee", worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [
${list(embedded(modules))}
      ],
      bindings = [
        (name = "MODELS", r2Bucket = "r2"),
        (name = "DB", wrapped = (
          moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "d1")])),
${list(numbers.map((part) => `(name = "PART_${part}", service = "part-${part}")`))}
${queue === undefined ? '' : '        (name = "PENDING", queue = "queue"),'}
${list(Object.entries(vars).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`))}
      ],
    )),
${numbers
  .map(
    (part) => `    (name = "part-${part}", worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [
${list(embedded(parts!.bundle.modules, `${PARTS_FOLDER}/`))}
      ],
      bindings = [(name = "MODELS", r2Bucket = "r2")],
    )),`,
  )
  .join('\n')}
    (name = "constant", worker = (
      compatibilityDate = "${compatibilityDate}",
      modules = [(name = "constant.js", esModule = embed "constant.js")],
    )),
    (name = "broker", worker = (
      compatibilityDate = "${compatibilityDate}",
      compatibilityFlags = ["service_binding_extra_handlers"],
      modules = [(name = "broker.js", esModule = embed "broker.js")],
      bindings = [(name = "MARQUEE", service = "marquee")],
    )),
    (name = "queue", external = (address = "127.0.0.1:${queue ?? 1}", http = ())),
    (name = "r2", external = (address = "127.0.0.1:${r2}", http = ())),
    (name = "d1", external = (address = "127.0.0.1:${d1}", http = ())),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "marquee"),
    (name = "constant", address = "127.0.0.1:0", http = (), service = "constant"),
    (name = "broker", address = "127.0.0.1:0", http = (), service = "broker"),
  ],
);
`;
}
