import { expect, it } from 'vitest';
import { marquee, succeed } from './command.ts';

it('npm run cost prints a line for each price, the sum and the plan', async () => {
  const small = await succeed('cost', ['--requests-a-day', '1000', '--people', '1000']);
  expect(small).toMatch(/^a month of 30 days +use +included +\$ beyond\nrequests +30,000 +10,000,000 +0\.00\n/);
  expect(small).toMatch(/in all +5\.00\n\nThe quantities are within the free plan\./);
  const large = JSON.parse(await succeed('cost', ['--requests-a-day', '1e7', '--people', '1e6', '--json']));
  expect(large).toMatchObject({ fits: false, beyondFree: expect.arrayContaining(['requests']) });
  const logged = await succeed('cost', [...'--requests-a-day 1e5 --people 5e4 --list-log 0.1 --analytics'.split(' ')]);
  expect(logged).toMatch(/^data points +3,000,000 +10,000,000 +0\.00$/m);
  expect(logged).toContain('270,000 logged lists take 540,000 rows written and 0.22 GB of it: $ 0.00.');
  const { status, stderr } = await marquee('cost', ['--requests-a-day', '1', '--people', '1', '--writes', '2']);
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('--writes: got 2') });
});
