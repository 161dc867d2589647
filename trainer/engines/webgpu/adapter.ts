import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MarqueeError } from '../../../shared/errors.ts';
import type { FoundAdapter } from './probe.ts';

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));
const PROBE_TIMEOUT = 30_000; // ms; the first start of a large driver takes seconds
const FIX = 'Install the GPU’s driver, or name its manifest in VK_DRIVER_FILES; --engine wasm needs no GPU.';

/** The GPU in hardware that the probe finds, a process beside this one; undefined where there is none. */
export async function gpuAdapter(): Promise<FoundAdapter | undefined> {
  if (!mayHaveGpu()) return undefined;
  const { adapters } = await probeAdapters();
  return adapters.find(({ software }) => !software);
}

/** The adapter for `--engine webgpu`, also one in software. Throws `no-engine` with an explanation where there is none. */
export async function anyAdapter(): Promise<FoundAdapter> {
  const { adapters, complaint } = await probeAdapters();
  const chosen = adapters.find(({ software }) => !software) ?? adapters[0];
  if (chosen) return chosen;
  throw new MarqueeError('no-engine', `the webgpu engine found no adapter: ${complaint || 'Dawn lists none'}`, {
    fix: FIX,
  });
}

/** A cheap test, so that machines without a GPU need not wait for a driver to say so. */
function mayHaveGpu(): boolean {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  if (existsSync('/dev/dri') || existsSync('/dev/dxg')) return true;
  try {
    return readdirSync('/dev').some((name) => name.startsWith('nvidia'));
  } catch {
    return false;
  }
}

interface Probe {
  readonly adapters: readonly FoundAdapter[];
  /** What the loader, the driver or Node printed where nothing was found. */
  readonly complaint: string;
}

function probeAdapters(): Promise<Probe> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROBE], { timeout: PROBE_TIMEOUT }, (error, stdout, stderr) => {
      const lines = stderr.split('\n').map((line) => line.replace(/^Warning: /, '').trim());
      // Dawn adds the place in its source code to a warning.
      const warnings = lines.filter((line) => line && !line.startsWith('at '));
      const complaint = [...new Set(warnings)].slice(0, 3).join('; ');
      if (error) {
        const end = error.killed ? `no answer in ${PROBE_TIMEOUT / 1000} s` : `exit ${error.code ?? error.signal}`;
        resolve({ adapters: [], complaint: `the probe failed (${end}) ${complaint}` });
      } else {
        resolve({ adapters: JSON.parse(stdout), complaint });
      }
    });
  });
}
