/** Runs the parts of a bench, so that what one has measured is printed although another fails. */
export class Parts {
  /** Names of those that failed. */
  readonly failed: string[] = [];

  /** What `work` measured; undefined, the error on stderr and the exit code set, where it failed. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    console.error(`${name} …`);
    try {
      return await work();
    } catch (error) {
      console.error(`${name} failed:`, error);
      this.failed.push(name);
      process.exitCode = 1;
      return undefined;
    }
  }
}
