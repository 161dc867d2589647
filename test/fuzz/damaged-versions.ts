import { sha256Hex } from '../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../shared/artifact/schema.ts';
import type { Artifact } from '../../trainer/artifact/artifact.ts';
import { movieIdOf, USERS, userIdOf } from '../fixtures/groups.ts';
import { type Damaged, damages } from './damaged-files.ts';
import type { FuzzedServer } from './server.ts';

/** Lists of each kind: they read every file of the version. */
const QUESTIONS = [
  ...Array.from({ length: USERS >> 3 }, (_, at) => at << 3).map((row) => `/recommend?user=${userIdOf(row)}&explain=1`),
  `/recommend?user=${userIdOf(1)}&by=rating`,
  `/recommend?user=${userIdOf(2)}&by=next`,
  `/similar/${movieIdOf(0)}`,
  '/top?by=bias',
  '/profiles',
  '/movies?q=a',
];

export interface VersionsReport {
  readonly versions: number;
  /** How many were refused, so that the version before answered. */
  readonly refused: number;
  /** Answers that say that what they need is damaged. */
  readonly unanswered: number;
  readonly failures: readonly string[];
}

/**
 * Puts damaged versions into service one after the other, as a disk would damage them: R2's own record of the file
 * stays. Every answer has to be the one of the sound version, or to name what is damaged.
 */
export async function damageVersions(
  { url, stores }: FuzzedServer & Required<Pick<FuzzedServer, 'stores'>>,
  artifact: Artifact,
  { seed, count }: { seed: number; count: number },
): Promise<VersionsReport> {
  const { bucket } = stores;
  const sound = await Promise.all(QUESTIONS.map((path) => ask(url, path)));
  const failures: string[] = [];
  let [versions, refused, unanswered] = [0, 0, 0];
  for (const damaged of damages(artifact, seed, count)) {
    const version = `20270101T000000Z-damaged${versions++}`;
    await pointAt(bucket, version, artifact, damaged);
    const health = await ask(url, '/health');
    if (health.answer.version !== version) refused++;
    for (const [q, path] of QUESTIONS.entries()) {
      const { status, answer } = await ask(url, path);
      const isSame = status === 200 && same(answer, sound[q].answer);
      if (answer.code === 'bad-artifact' || says(answer, 'model-users')) unanswered++;
      else if (!isSame) failures.push(`${damaged.name} ${damaged.what}: ${path} answers ${status}, with other numbers`);
    }
    await bucket.delete([...artifact.files.keys()].map((name) => artifactKey(version, name)));
  }
  return { versions, refused, unanswered, failures };
}

type Bucket = Required<FuzzedServer>['stores']['bucket'];

async function pointAt(bucket: Bucket, version: string, { manifest, files }: Artifact, damaged: Damaged) {
  for (const { name, sha256 } of manifest.files) {
    const bytes = name === damaged.name ? damaged.bytes : files.get(name)!;
    await bucket.put(artifactKey(version, name), bytes, { sha256 });
  }
  const text = new TextEncoder().encode(JSON.stringify({ ...manifest, version }));
  await bucket.put(artifactKey(version, FILES.manifest), text);
  const current = { version, previous: manifest.version, publishedAt: new Date().toISOString() };
  await bucket.put(CURRENT_KEY, JSON.stringify({ ...current, manifestSha256: await sha256Hex(text) }));
}

interface Answer {
  readonly status: number;
  readonly answer: Record<string, unknown>;
}

/** Asks again where D1 was too slow, as on a busy machine: then newer ratings are missing, which is no damage. */
async function ask(url: string, path: string): Promise<Answer> {
  for (;;) {
    const response = await fetch(url + path);
    const answer = (await response.json()) as Record<string, unknown>;
    if (!says(answer, 'ratings')) return { status: response.status, answer };
  }
}

/** Whether an answer says that it was made without something. */
function says({ degraded }: Record<string, unknown>, what: string): boolean {
  return Array.isArray(degraded) && degraded.includes(what);
}

function same({ model: _, ...one }: Record<string, unknown>, { model: __, ...other }: Record<string, unknown>) {
  return JSON.stringify(one) === JSON.stringify(other);
}
