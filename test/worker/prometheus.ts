/** A metric of the text format 0.0.4, as a scraper reads it. */
export interface ReadMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: Record<string, string>; readonly value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const PAIR = new RegExp(`(${LABEL})="((?:[^"\\\\]|\\\\["\\\\n])*)"(,|$)`, 'y');

/**
 * Reads Prometheus' text format 0.0.4 by its grammar and rules: HELP and TYPE once and first, all lines of a metric in
 * one group, no sample twice, histograms cumulative with `+Inf`, `_sum` and `_count`. Throws at the first line that is
 * none.
 */
export function readPrometheus(text: string): Map<string, ReadMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, ReadMetric>();
  const seen = new Set<string>();
  let open = '';
  const lines = text.slice(0, -1).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const head = /^# HELP (\S+) (.+)$/.exec(lines[at]);
    if (head) {
      const [, name, help] = head;
      const type = new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`).exec(lines[++at] ?? '')?.[1];
      if (!type || metrics.has(name) || !new RegExp(`^${NAME}$`).test(name))
        throw new Error(`line ${at}: ${lines[at]}`);
      metrics.set(name, { help, type, samples: [] });
      open = name;
      continue;
    }
    const sample = SAMPLE.exec(lines[at]);
    const metric = metrics.get(open);
    if (!sample || !metric) throw new Error(`line ${at}: ${lines[at]}`);
    const [, name, pairs = '', number] = sample;
    const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => name === open + suffix)) throw new Error(`line ${at}: ${name} among ${open}`);
    const value = Number(number);
    const labels = labelsOf(pairs, at);
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (Number.isNaN(value) || seen.has(key)) throw new Error(`line ${at}: ${lines[at]}`);
    if (metric.type !== 'gauge' && value < 0) throw new Error(`line ${at}: a ${metric.type} below 0`);
    seen.add(key);
    metric.samples.push({ name, labels, value });
  }
  for (const [name, metric] of metrics) if (metric.type === 'histogram') checkHistogram(name, metric);
  return metrics;
}

function labelsOf(text: string, line: number): Record<string, string> {
  const labels: Record<string, string> = {};
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const pair = PAIR.exec(text);
    if (!pair || pair[1] in labels) throw new Error(`line ${line}: labels ${text}`);
    labels[pair[1]] = pair[2].replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  }
  return labels;
}

function checkHistogram(name: string, { samples }: ReadMetric): void {
  const groups = Map.groupBy(samples, ({ labels: { le, ...others } }) => JSON.stringify(others));
  for (const [labels, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const [count] = group.filter((sample) => sample.name === `${name}_count`);
    const [sum] = group.filter((sample) => sample.name === `${name}_sum`);
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)));
    const ascends = (values: number[], strictly: boolean) =>
      values.every((value, at) => at === 0 || (strictly ? value > values[at - 1] : value >= values[at - 1]));
    const values = buckets.map(({ value }) => value);
    const whole = bounds.at(-1) === Number.POSITIVE_INFINITY && values.at(-1) === count?.value && sum !== undefined;
    if (!whole || !ascends(bounds, true) || !ascends(values, false))
      throw new Error(`${name}${labels} is no histogram`);
  }
}
