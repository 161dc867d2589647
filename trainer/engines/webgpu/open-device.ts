import { MarqueeError } from '../../../shared/errors.ts';
import { Kernels } from './compiler.ts';
import { type DeviceLimits, WebgpuDevice } from './device.ts';
import type { FoundAdapter } from './probe.ts';

/** No kernel reads workgroup memory before it writes it, and SwiftShader needs seconds to compile the zeroing. */
const TOGGLES = 'enable-dawn-features=disable_workgroup_init';

/** What solve-rows.wgsl needs in storage buffers, and multiply.wgsl in workgroup memory. */
const NEEDED = { maxStorageBuffersPerShaderStage: 10, maxComputeWorkgroupStorageSize: 17_000 };

/**
 * Opens a GPU that the probe found, with as large buffers as it has.
 *
 * @param limits less than the device's own in tests
 * @throws `no-engine` where the kernels need more than the GPU has
 */
export async function openDevice(found: FoundAdapter, limits: DeviceLimits): Promise<WebgpuDevice> {
  const { create } = await import('webgpu');
  const gpu = create([`backend=${found.backend}`, `adapter=${found.name}`, TOGGLES]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new MarqueeError('no-engine', `the GPU ${found.name} is gone`, { fix: 'Use --engine wasm.' });
  for (const [limit, needed] of Object.entries(NEEDED)) {
    const got = adapter.limits[limit as keyof typeof NEEDED];
    if (got < needed) {
      throw new MarqueeError('no-engine', `${found.name} has ${limit} ${got}, the kernels need ${needed}`, {
        fix: 'Use --engine wasm.',
      });
    }
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = adapter.limits;
  const requiredLimits = {
    maxStorageBufferBindingSize,
    maxBufferSize,
    maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize,
  };
  const device = await adapter.requestDevice({ requiredLimits });
  return new WebgpuDevice(gpu, device, await Kernels.load(device), found, limits);
}
