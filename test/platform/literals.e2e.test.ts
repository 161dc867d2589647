import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** Objects of one literal, made where a loop became hot, by a branch of the literal that was never taken before. */
const PROGRAM = `
  function make(usual, own, helper) {
    let sum = 0;
    for (let i = 0; i < (usual ? 3 : 1e6); i++) sum += i % 7;
    return { first: 1, branch: usual ? helper.one(1) : helper.two(2).n, own, sum };
  }
  const helper = { one: (n) => ({ n }), two: (n) => ({ n }) };
  for (let call = 0; call < 10; call++) make(true, call + 0.5, helper);
  console.log([3.5, 0.7, 0.9].map((own) => make(false, own, helper)).map(({ own }) => own).join());
`;

// V8 13.6, which Node 24 has, lets objects share the place of a number when it leaves compiled code within their literal.
// Trainings then took the movies' ridge for the users', one in twenty on a busy machine, and nothing said so.
it('objects made by one literal keep their own numbers in the Node that package.json names', () => {
  // Without the last of V8's compilers the one that errs always gets as far as to err.
  const args = ['--no-turbofan', '--eval', PROGRAM];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('3.5,0.7,0.9\n');
});
