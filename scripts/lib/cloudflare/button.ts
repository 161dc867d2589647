import type { Unstable_RawConfig as RawConfig, Unstable_RawEnvironment as Section } from 'wrangler';

/** What stands in wrangler.toml for an id that is looked up by name; on this machine it tells databases apart. */
const NO_ID = /^00000000-0000-0000-0000-0000000000\d\d$/;

/** Whether no id stands in wrangler.toml. */
export function lacksId(id?: string): boolean {
  return id === undefined || NO_ID.test(id);
}

/**
 * Whether the Deploy to Cloudflare button made production's resources: it knows the top level of wrangler.toml alone, and
 * writes the names that a person chose, and the ids of what it made, there. Ours has no id at the top level, and an id that
 * somebody wrote into [env.production] is theirs.
 */
export function madeByButton(top: RawConfig, section: Section): boolean {
  return !lacksId(idOf(top)) && lacksId(idOf(section));
}

function idOf({ d1_databases }: Section): string | undefined {
  return d1_databases?.[0]?.database_id;
}

/** Production's settings, with the names and ids of the top level. */
export function withNamesOfButton(top: RawConfig, section: Section): Section {
  const names = renamedQueues(top, section);
  const renamed = (queue = '') => names.get(queue) ?? queue;
  const { producers = [], consumers = [] } = section.queues ?? {};
  return {
    ...section,
    name: top.name,
    r2_buckets: section.r2_buckets!.map((own) => ({ ...own, ...sameBinding(top.r2_buckets!, own) })),
    d1_databases: section.d1_databases!.map((own) => ({ ...own, ...sameBinding(top.d1_databases!, own) })),
    queues: {
      producers: producers.map((own) => ({ ...own, queue: renamed(own.queue) })),
      consumers: consumers.map(({ queue, dead_letter_queue: dead, ...own }) => ({
        ...own,
        queue: renamed(queue),
        ...(dead && { dead_letter_queue: renamed(dead) }),
      })),
    },
  };
}

/**
 * What production's queues are called instead. The button asks for the name of the producers' queue alone. A queue has one
 * consumer, so that of dead letters is named after it: else a second deployment would share it with the first.
 */
function renamedQueues(top: RawConfig, section: Section): Map<string, string> {
  const [chosen, ours] = [producedIn(top), producedIn(section)];
  const names = new Map(ours.map((queue, at) => [queue, chosen[at] ?? queue]));
  const dead = section.queues?.consumers?.flatMap(({ queue, dead_letter_queue: dead }) =>
    dead ? [{ queue, dead }] : [],
  );
  for (const { queue, dead: name } of dead ?? []) {
    const its = names.get(queue) ?? queue;
    names.set(name, its === queue ? name : `${its}-dead`);
  }
  return names;
}

function producedIn({ queues }: Section): string[] {
  return (queues?.producers ?? []).flatMap(({ queue }) => queue ?? []);
}

function sameBinding<Entry extends { readonly binding: string }>(entries: readonly Entry[], { binding }: Entry) {
  return entries.find((entry) => entry.binding === binding);
}
