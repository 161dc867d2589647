import { DurableObject } from 'cloudflare:workers';

/** What of this Worker's variables and secrets the container gets. */
const HANDED_OVER = [
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_ACCOUNT_ID',
  'MARQUEE_DATA',
  'MARQUEE_ENV',
  'RETRAIN_PING_URL',
] as const;

type Bindings = Readonly<Partial<Record<(typeof HANDED_OVER)[number], string>>> & {
  readonly RETRAIN: DurableObjectNamespace<RetrainContainer>;
};

/** Milliseconds that a night may take at most; then the container is stopped. */
const LONGEST_NIGHT = 3 * 3_600_000;

/** The one container that retrains. It runs the image's command, and is gone when that ends. */
export class RetrainContainer extends DurableObject<Bindings> {
  /** Begins a night, unless one is under way. */
  async start(): Promise<void> {
    const { container } = this.ctx;
    if (!container) throw new Error('no container belongs to this Worker: see worker/retrain/wrangler.toml');
    if (container.running) return;
    const given = HANDED_OVER.map((name) => [name, this.env[name]] as const).filter(([, value]) => value);
    container.start({ enableInternet: true, env: Object.fromEntries(given) as Record<string, string> });
    await container.setInactivityTimeout(LONGEST_NIGHT);
    this.ctx.waitUntil(
      container.monitor().then(
        () => console.log('the retrain has ended'),
        (error) => console.error('the retrain failed:', error),
      ),
    );
  }
}

/** Another Worker than `worker/index.ts`: the cron trigger starts the container. */
export default {
  async scheduled(_, env) {
    await env.RETRAIN.getByName('nightly').start();
  },
} satisfies ExportedHandler<Bindings>;
