import { create } from 'webgpu';

/**
 * Run as a process of its own by `webgpu-adapter.ts`: a driver that crashes takes this process along, not the trainer.
 * Prints the adapters as one line of JSON, the one that Dawn would choose first; what loaders complain of is on stderr.
 */
export interface FoundAdapter {
  readonly name: string;
  readonly backend: string;
  /** Computed by the processor. */
  readonly software: boolean;
}

/** The only ones that are worth their place: the others are older ways to the same GPU. */
const BACKENDS = ['vulkan', 'metal', 'd3d12'];
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

/** Dawn lists names and backends only when it is asked for an adapter that does not exist. */
async function listed(): Promise<{ name: string; backend: string }[]> {
  try {
    await create(['adapter=a name that no adapter has']).requestAdapter();
    return [];
  } catch (error) {
    const lines = String(error).matchAll(/backend: '([^']*)', name: '([^'\n]*)'/g);
    return Array.from(lines, ([, backend, name]) => ({ backend, name })).filter(({ backend }) =>
      BACKENDS.includes(backend),
    );
  }
}

const identity = ({ vendor, architecture, device, description }: GPUAdapterInfo) =>
  [vendor, architecture, device, description].join('\n');

async function probe(): Promise<FoundAdapter[]> {
  const gpu = create([]);
  const preferred = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  const found: (FoundAdapter & { first: boolean })[] = [];
  for (const { name, backend } of await listed()) {
    const own = create([`backend=${backend}`, `adapter=${name}`]);
    const adapter = await own.requestAdapter();
    if (!adapter) continue;
    const first = preferred !== null && identity(preferred.info) === identity(adapter.info);
    const software = adapter.info.isFallbackAdapter || SOFTWARE.test(`${name} ${adapter.info.description}`);
    // A device that cannot be made is found out here.
    (await adapter.requestDevice()).destroy();
    found.push({ name, backend, software, first });
  }
  found.sort((a, b) => Number(b.first) - Number(a.first));
  return found.map(({ name, backend, software }) => ({ name, backend, software }));
}

console.log(JSON.stringify(await probe()));
process.exit();
