import { INSTALL_PARTS } from '../../optional-part.ts';

/**
 * An adapter as the probe prints it. `adapter.ts` runs this file as a process beside the trainer, so that a driver that crashes
 * ends only the probe. It prints the adapters as one line of JSON, Dawn's own choice first; loaders complain on stderr.
 */
export interface FoundAdapter {
  readonly name: string;
  readonly backend: string;
  /** Whether the processor computes it. */
  readonly software: boolean;
}

/** Backends that are tried. Others are older ways to the same GPU. */
const BACKENDS = ['vulkan', 'metal', 'd3d12'];
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

const { create } = await import('webgpu').catch(notInstalled);

function notInstalled(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(`webgpu is not installed (${INSTALL_PARTS})`);
  console.log('[]');
  process.exit();
}

/** Dawn lists names and backends only when it is asked for an adapter that does not exist. */
async function listAdapters(): Promise<{ name: string; backend: string }[]> {
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
  for (const { name, backend } of await listAdapters()) {
    const instance = create([`backend=${backend}`, `adapter=${name}`]);
    const adapter = await instance.requestAdapter();
    if (!adapter) continue;
    const first = preferred !== null && identity(preferred.info) === identity(adapter.info);
    const software = adapter.info.isFallbackAdapter || SOFTWARE.test(`${name} ${adapter.info.description}`);
    // Fails here where the adapter cannot make a device.
    (await adapter.requestDevice()).destroy();
    found.push({ name, backend, software, first });
  }
  found.sort((a, b) => Number(b.first) - Number(a.first));
  return found.map(({ name, backend, software }) => ({ name, backend, software }));
}

console.log(JSON.stringify(await probe()));
process.exit();
