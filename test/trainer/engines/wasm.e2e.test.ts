import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Runs a module that may use `engine` in a process of its own. */
function script(body: string) {
  const url = pathToFileURL(`${import.meta.dirname}/../../../trainer/engines/wasm/index.ts`).href;
  const code = `import { wasmEngine } from '${url}'; const engine = await wasmEngine({ threads: 3 }); ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  return { child, exit, started: Promise.race([once(child.stdout, 'data'), exit]) };
}

const WORK = 'const a = engine.tensor(2500 * 2500), b = engine.tensor(2500 * 2500), out = engine.tensor(2500 * 2500);';
const MULTIPLY = 'engine.multiply(a, b, out, 2500, 2500, 2500, false);';

describe('a process', () => {
  it('a process ends by itself with the wasm engine open', async () => {
    expect(await script(`${WORK} ${MULTIPLY}`).exit).toEqual([0, null]);
  });

  it('a process ends at process.exit with the wasm engine open', async () => {
    expect(await script(`${WORK} ${MULTIPLY} process.exit(3);`).exit).toEqual([3, null]);
  });

  it('a process ends at an interrupt while all threads compute', async () => {
    const { child, started, exit } = script(`${WORK} console.log('started'); for (;;) { ${MULTIPLY} }`);
    await started;
    child.kill('SIGINT');
    expect(await exit).toEqual([null, 'SIGINT']);
  });

  it('a process that listens for interrupts hears one between operations', async () => {
    const listen = `process.on('SIGINT', () => process.exit(9)); console.log('started');`;
    const { child, started, exit } = script(`${WORK} ${listen} for (;;) { ${MULTIPLY} await engine.read(out); }`);
    await started;
    child.kill('SIGINT');
    expect(await exit).toEqual([9, null]);
  });
});
