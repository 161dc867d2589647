import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with one plain line for programs: `901 passed, 0 failed, 3 skipped`. What broke outside a test (a
 * file that cannot be loaded, a hook, an error that nobody awaited) counts as failed, too.
 */
export const countTests: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]) {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      for (const broken of [module, ...module.children.allSuites()]) count.failed += broken.errors().length;
    }
    const skipped = count.skipped + count.pending;
    console.log(`${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  },
};
