import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { gpuAdapter } from '../../../trainer/engines/webgpu/adapter.ts';

/**
 * The GPU that tests run on: the machine's own, or one in software, SwiftShader, as Debian's chromium brings it. Importing
 * this points Vulkan to the latter where there is no other, here and in processes started from here; it must come before
 * anything loads Dawn. Vulkan's own loader, where the system has none, is chromium's, too.
 */
const FOLDER = '/usr/lib/chromium';
const MANIFEST = `${FOLDER}/vk_swiftshader_icd.json`;
const LOADER = `${FOLDER}/libvulkan.so.1`;
const RTLD_NODELETE = 0x1000;

/** A GPU in hardware: the tests run on it. */
export const realGpu = await gpuAdapter();

/** Why the tests on a GPU cannot run on this machine; undefined where they can. */
export const noGpu =
  realGpu || existsSync(MANIFEST)
    ? undefined
    : `no GPU and no ${MANIFEST} on this machine: the webgpu engine is not tested (Debian: apt-get install chromium)`;

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

/** The running process reads LD_LIBRARY_PATH no more, but Dawn finds a library that is there already by its name. */
function preload(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // It is no add-on of Node, which is said after it has been loaded.
  }
}
