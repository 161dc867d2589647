import type { Version } from '../../state/api.ts';

/** The published versions, each with its data and its quality. */
export function Versions({ versions }: { versions: readonly Version[] }) {
  return (
    <section aria-labelledby="versions-heading">
      <h3 id="versions-heading">Versions</h3>
      {versions.length === 0 && <p class="hint">They cannot be listed just now.</p>}
      <ol class="versions">
        {versions.map((version) => (
          <li key={version.version}>
            <Entry version={version} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Entry({ version: { version, current, createdAt, dataset, metrics, engine, seconds } }: { version: Version }) {
  const count = (n: number) => n.toLocaleString('en');
  const { rmse, 'ndcg@10': ndcg, baselines } = metrics;
  return (
    <>
      <p>
        <time dateTime={createdAt}>{createdAt.slice(0, 16).replace('T', ' ')} UTC</time>
        {current && <span class="in-service">in service</span>}
      </p>
      <p class="hint">
        {version}: {count(dataset.ratings)} ratings by {count(dataset.users)} people of {count(dataset.movies)} films (
        {dataset.name}), in {seconds.toFixed(1)} s by {engine}
      </p>
      <dl class="metrics">
        <Metric
          name="Typical error of predicted stars (RMSE)"
          value={rmse}
          beside="damped means"
          baseline={baselines?.bias.rmse}
        />
        <Metric
          name="Quality of lists, 0 to 1 (NDCG@10)"
          value={ndcg}
          beside="popularity"
          baseline={baselines?.popularity['ndcg@10']}
        />
      </dl>
      <p class="hint">Measured {metrics.protocol}</p>
    </>
  );
}

interface MetricProps {
  readonly name: string;
  readonly value: number | undefined;
  /** What the baseline is called, and its value where it was measured. */
  readonly beside: string;
  readonly baseline: number | undefined;
}

function Metric({ name, value, beside, baseline }: MetricProps) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value.toFixed(3)}</strong>
        {baseline !== undefined && ` · ${beside} ${baseline.toFixed(3)}`}
      </dd>
    </div>
  );
}
