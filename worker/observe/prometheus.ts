import type { Family, Sample } from './instruments.ts';

/** The media type of Prometheus' text format 0.0.4. */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** Prometheus' text format 0.0.4. Metrics without samples are left out. */
export function writePrometheus(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const head = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
      return [...head, ...samples.map((sample) => lineOf(name, sample)), ''].join('\n');
    })
    .join('');
}

function lineOf(name: string, { suffix, labels, value }: Sample): string {
  const named = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${suffix ?? ''}${named.length > 0 ? `{${named.join(',')}}` : ''} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
