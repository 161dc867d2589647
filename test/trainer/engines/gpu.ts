import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { gpuAdapter } from '../../../trainer/engines/webgpu/adapter.ts';
import { noWebgpu } from '../../optional-parts.ts';

/**
 * The GPU that tests run on: the machine's own, or SwiftShader, one in software, which Debian's chromium brings. Where there is
 * no other, importing this file points Vulkan to SwiftShader, here and in processes started from here. So import it before
 * anything loads Dawn. Where the system has no Vulkan loader, chromium's is used.
 */
const FOLDER = '/usr/lib/chromium';
const MANIFEST = `${FOLDER}/vk_swiftshader_icd.json`;
const LOADER = `${FOLDER}/libvulkan.so.1`;
const RTLD_NODELETE = 0x1000;

/** A GPU in hardware: the tests run on it. */
export const realGpu = await gpuAdapter();

/** Why the tests on a GPU cannot run on this machine; undefined where they can. */
export const noGpu =
  noWebgpu ??
  (realGpu || existsSync(MANIFEST)
    ? undefined
    : `no GPU and no ${MANIFEST} on this machine: the webgpu engine is not tested (Debian: apt-get install chromium)`);

if (noGpu) {
  if (process.env.CI === 'true') throw new Error(noGpu);
  console.warn(noGpu);
} else if (!realGpu) {
  process.env.VK_DRIVER_FILES = process.env.VK_ICD_FILENAMES = MANIFEST;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  if (existsSync(LOADER) && !systemHasLoader()) {
    process.env.LD_LIBRARY_PATH = [FOLDER, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
    preload(LOADER);
  }
}

function systemHasLoader(): boolean {
  try {
    return execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes('libvulkan.so.1');
  } catch {
    return false;
  }
}

/** A running process does not read LD_LIBRARY_PATH again, but Dawn finds a loaded library by its name. */
function preload(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Node loads it, then complains that it is no add-on.
  }
}
