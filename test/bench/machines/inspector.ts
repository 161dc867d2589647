/** What an isolate holds, in bytes. */
export interface IsolateMemory {
  /** Objects on the JavaScript heap. */
  readonly heap: number;
  /** Array buffers, WebAssembly memories among them. */
  readonly buffers: number;
  /** WebAssembly memories alone. */
  readonly wasm: number;
}

/** Milliseconds that the isolate may take to answer; some methods never do in workerd. */
const PATIENCE = 120_000;

/** V8's inspector of one isolate in workerd. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  #sent = 0;
  /** The context of the Worker's globals; the inspector knows no default one. */
  #contextId: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error, params } = JSON.parse(String(data));
      if (id === undefined) {
        this.#contextId ??= params?.context?.id;
        return;
      }
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result as never);
    });
  }

  /** Connects to the isolate of a service. */
  static async open(port: number, service: string): Promise<Inspector> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${service}`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`no inspector of ${service}`)), { once: true });
    });
    const inspector = new Inspector(socket);
    await inspector.send('Runtime.enable');
    return inspector;
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise<T>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the inspector does not answer ${method}`)), PATIENCE);
      const done = (settle: () => void) => {
        clearTimeout(late);
        settle();
      };
      this.#waiting.set(id, {
        resolve: (result: T) => done(() => resolve(result)),
        reject: (error) => done(() => reject(error)),
      });
    });
  }

  /** What is held once garbage is collected, which asking for all objects of a class does. */
  async memory(): Promise<IsolateMemory> {
    const wasm = await this.#bytes('WebAssembly.Memory', 'memory => memory.buffer.byteLength');
    const buffers = await this.#bytes('ArrayBuffer', 'buffer => buffer.byteLength');
    const { usedSize } = await this.send<{ usedSize: number }>('Runtime.getHeapUsage');
    return { heap: usedSize, buffers, wasm };
  }

  close(): void {
    this.#socket.close();
  }

  /** The sum of `size` over all objects of a class. */
  async #bytes(name: string, size: string): Promise<number> {
    type Remote = { objectId: string; value: number };
    const objectGroup = `sum ${this.#sent}`;
    const { result: prototype } = await this.send<{ result: Remote }>('Runtime.evaluate', {
      expression: `${name}.prototype`,
      contextId: this.#contextId,
      objectGroup,
    });
    const { objects } = await this.send<{ objects: Remote }>('Runtime.queryObjects', {
      prototypeObjectId: prototype.objectId,
      objectGroup,
    });
    const { result } = await this.send<{ result: Remote }>('Runtime.callFunctionOn', {
      functionDeclaration: `function () { return this.reduce((sum, object) => sum + (${size})(object), 0); }`,
      objectId: objects.objectId,
      returnByValue: true,
    });
    await this.send('Runtime.releaseObjectGroup', { objectGroup });
    return result.value;
  }
}
