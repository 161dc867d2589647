import { readFile } from 'node:fs/promises';

const FOLDER = new URL('./kernels/', import.meta.url);
const FILES = [
  'columns',
  'gather',
  'histories',
  'losses',
  'mirror',
  'moments',
  'multiply',
  'solve-rows',
  'triangular',
] as const;

export type KernelFile = (typeof FILES)[number];
/** Values of the constants that a file leaves undefined; numbers are u32. */
export type ShaderConstants = Readonly<Record<string, number | boolean>>;

export interface Kernel {
  readonly id: number;
  readonly layout: GPUBindGroupLayout;
  /** Undefined until it is compiled. */
  pipeline: GPUComputePipeline | undefined;
  /** Rejects with what the compiler said. */
  readonly compiled: Promise<void>;
}

/** Compiles entry points of `kernels/*.wgsl`, each once for every set of constants, several at a time. */
export class Kernels {
  readonly #device: GPUDevice;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #compiled = new Map<string, Kernel>();

  constructor(device: GPUDevice, sources: ReadonlyMap<string, string>) {
    this.#device = device;
    this.#sources = sources;
  }

  static async load(device: GPUDevice): Promise<Kernels> {
    const texts = FILES.map(async (name) => [name, await readFile(new URL(`${name}.wgsl`, FOLDER), 'utf8')] as const);
    return new Kernels(device, new Map(await Promise.all(texts)));
  }

  get(file: KernelFile, entryPoint: string, constants: ShaderConstants): Kernel {
    const preamble = Object.entries(constants)
      .map(([name, value]) => `const ${name} = ${typeof value === 'number' ? `${value}u` : value};\n`)
      .join('');
    const key = `${file} ${entryPoint} ${preamble}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const code = preamble + this.#sources.get(file);
    const layout = this.#device.createBindGroupLayout({ entries: bindings(code) });
    const compiling = this.#device.createComputePipelineAsync({
      label: `${file}: ${entryPoint}`,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.#device.createShaderModule({ code, label: file }), entryPoint },
    });
    const compiled = compiling.then((pipeline) => {
      kernel.pipeline = pipeline;
    });
    compiled.catch(() => {}); // those who wait for it see the error
    const kernel: Kernel = { id: this.#compiled.size, layout, pipeline: undefined, compiled };
    this.#compiled.set(key, kernel);
    return kernel;
  }
}

const COMPUTE = 4; // GPUShaderStage.COMPUTE

/** The bindings of a file, which all of its entry points share. Parameters are bound with an offset for each command. */
function bindings(code: string): GPUBindGroupLayoutEntry[] {
  return Array.from(code.matchAll(/@binding\((\d+)\) var<(uniform|storage, read|storage, read_write)>/g), (match) => {
    const [binding, kind] = [Number(match[1]), match[2]];
    if (kind === 'uniform')
      return { binding, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } };
    const type = kind === 'storage, read' ? 'read-only-storage' : 'storage';
    return { binding, visibility: COMPUTE, buffer: { type } };
  });
}
