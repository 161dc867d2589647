import { useState } from 'preact/hooks';
import { troubleOf } from '../../state/state.ts';
import { count, Part, type PartOfDesk, percent, Time, useAsked } from './asked.tsx';
import type { Health, Versions } from './client.ts';
import { Uploads } from './upload.tsx';

/** How all is, which versions there are, and another one into service. */
export function VersionsPart({ operator, say }: PartOfDesk) {
  const health = useAsked(() => operator.health());
  const versions = useAsked(() => operator.versions());
  const [trouble, setTrouble] = useState(versions.trouble);
  /** The version that was in service before the last change here. */
  const [before, setBefore] = useState<string | null>(null);
  const promote = async (version: string) => {
    const was = versions.answer?.current ?? null;
    try {
      const { ended } = await operator.promote(version);
      setBefore(was);
      setTrouble(null);
      say(`${version} is in service.${ended ? ` The experiment ${ended} has ended.` : ''}`);
    } catch (error) {
      setTrouble(troubleOf(error));
    }
    versions.again();
    health.again();
  };
  const { answer } = versions;
  return (
    <>
      <Part name="state" title="State" trouble={health.trouble} again={health.again}>
        {health.answer && <State health={health.answer} />}
      </Part>
      <Part
        name="versions"
        title="Versions"
        hint={`Another version answers every request a few seconds after it went into service.${
          health.answer?.components.experiment ? ' It ends the experiment.' : ''
        }`}
        trouble={trouble ?? versions.trouble}
        again={versions.again}
      >
        {before && before !== answer?.current && (
          <p>
            {answer?.current} is in service.{' '}
            <button type="button" class="pill" onClick={() => void promote(before)}>
              Undo
            </button>
          </p>
        )}
        <ol class="versions">
          {answer?.items.map((item) => (
            <li key={item.version}>
              <Entry item={item} versions={answer} promote={promote} />
            </li>
          ))}
        </ol>
        <Uploads operator={operator} say={say} arrived={versions.again} />
      </Part>
    </>
  );
}

function State({ health: { status, warnings, lastError, components } }: { health: Health }) {
  const { model, d1, queue, retrain, experiment } = components;
  const age =
    model.ageHours === null
      ? ''
      : `, ${model.ageHours < 48 ? `${model.ageHours} h` : `${Math.round(model.ageHours / 24)} days`} old`;
  const parts = [
    ['Model', model.status, age],
    ['D1', d1.status, ''],
    ['Queue', queue.status, queue.backlog === null ? '' : `, ${count(queue.backlog)} waiting`],
    ['Retrain', retrain.running ? 'running' : retrain.status, retrain.last ? `, last ${retrain.last.state}` : ''],
  ];
  return (
    <>
      <dl class="admin-figures">
        <div>
          <dt>All in all</dt>
          <dd class={`state-${status}`}>{status}</dd>
        </div>
        {parts.map(([name, status, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={`state-${status}`}>
              {status}
              <span class="hint">{more}</span>
            </dd>
          </div>
        ))}
      </dl>
      {experiment && <ExperimentOn experiment={experiment} />}
      {warnings.map((warning) => (
        <p class="problem" key={warning}>
          {warning}
        </p>
      ))}
      {lastError && (
        <p class="problem">
          {lastError.version ?? 'current.json'} was refused: {lastError.detail}
        </p>
      )}
    </>
  );
}

function ExperimentOn({ experiment }: { experiment: NonNullable<Health['components']['experiment']> }) {
  const { name, state, ends, arms } = experiment;
  return (
    <p>
      Experiment <strong>{name}</strong> {state === 'on' ? 'is on until' : 'ended'} <Time at={ends} />
      <span class="hint">
        {': '}
        {arms
          .map(({ name, share, stopped, version }) => {
            const people = stopped ? 'stopped' : `${percent(share)} of people`;
            return `${name}, ${people}${version ? `, by ${version}` : ''}`;
          })
          .join(' · ')}
      </span>
    </p>
  );
}

interface EntryProps {
  readonly item: Versions['items'][number];
  readonly versions: Versions;
  promote(version: string): Promise<void>;
}

function Entry({ item, versions: { current, previous }, promote }: EntryProps) {
  const { version, createdAt, dataset, metrics, engine, seconds } = item;
  const { rmse, 'ndcg@10': ndcg } = metrics;
  const words = version === previous ? 'Roll back' : 'Put into service';
  return (
    <>
      <p>
        <Time at={createdAt} />
        {version === current && <span class="in-service">in service</span>}
        {version === previous && <span class="hint"> before it</span>}
      </p>
      <p class="hint">
        {version}: {count(dataset.ratings)} ratings by {count(dataset.users)} people of {count(dataset.movies)} films (
        {dataset.name}), {seconds.toFixed(1)} s by {engine}
      </p>
      <p>
        {rmse !== undefined && <>RMSE {rmse.toFixed(4)} </>}
        {ndcg !== undefined && <>· NDCG@10 {ndcg.toFixed(4)} </>}
        <span class="hint">{metrics.protocol}</span>
      </p>
      {version !== current && (
        <button type="button" class="pill" aria-label={`${words}: ${version}`} onClick={() => void promote(version)}>
          {words}
        </button>
      )}
    </>
  );
}
