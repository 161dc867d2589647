import { expect } from 'vitest';

/** Share by which a number may differ: other processors round otherwise. */
const TOLERANCE = 1e-3;

/** Expects what a block printed to be what the page shows, but for versions, ids of requests, seconds and the last digits. */
export function expectOutput(got: string, shown: string, language: string, place: string): void {
  if (language === 'json') expectClose(JSON.parse(got), JSON.parse(shown), place);
  else expect(settled(got), place).toBe(settled(shown));
}

/** The text without what differs from run to run. */
function settled(text: string): string {
  return text
    .replace(/\d{8}T\d{6}Z-[0-9a-f]+/g, 'VERSION')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'REQUEST')
    .replace(/\d+\.\d+ s\b/g, 'N s')
    .replace(/\b\d+ threads?\b/g, 'N threads')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

function expectClose(got: unknown, shown: unknown, path: string): void {
  if (typeof shown === 'number') {
    expect(typeof got, path).toBe('number');
    expect(Math.abs((got as number) - shown), `${path}: got ${got}, shown ${shown}`).toBeLessThanOrEqual(
      TOLERANCE * Math.max(1, Math.abs(shown)),
    );
  } else if (typeof shown === 'string') {
    expect(settled(String(got)), path).toBe(settled(shown));
  } else if (shown === null || typeof shown !== 'object') {
    expect(got, path).toBe(shown);
  } else {
    expect(Object.keys(got as object), path).toEqual(Object.keys(shown));
    for (const [key, value] of Object.entries(shown)) {
      expectClose((got as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  }
}
