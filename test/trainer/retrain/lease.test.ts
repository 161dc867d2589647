import { describe, expect, it } from 'vitest';
import { type LeaseSettings, takeLease } from '../../../trainer/retrain/lease.ts';
import { LEASE_KEY } from '../../../trainer/retrain/store.ts';
import { MemoryBucket } from './stores.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-24T02:00:00.000Z');

function settings(holder: string, now = START, isGone?: LeaseSettings['isGone']): LeaseSettings {
  return { holder, milliseconds: 2 * HOUR, now: () => now, isGone };
}

async function taken(bucket: MemoryBucket, by: LeaseSettings) {
  const result = await takeLease(bucket, by);
  if ('heldBy' in result) throw new Error(`held by ${result.heldBy.holder}`);
  return result.lease;
}

describe('the lease', () => {
  it('belongs to one holder, and tells others who holds it, since when and until when', async () => {
    const bucket = new MemoryBucket();
    await taken(bucket, settings('first'));
    expect(await takeLease(bucket, settings('second', START + HOUR))).toEqual({
      heldBy: {
        id: expect.any(String),
        holder: 'first',
        startedAt: '2026-11-24T02:00:00.000Z',
        expiresAt: '2026-11-24T04:00:00.000Z',
      },
    });
  });

  it('can be taken after it was freed, which leaves no object behind', async () => {
    const bucket = new MemoryBucket();
    await (await taken(bucket, settings('first'))).free();
    expect(bucket.keys()).toEqual([]);
    await taken(bucket, settings('second'));
  });

  it('goes to one of two runs that ask at the same moment', async () => {
    const bucket = new MemoryBucket();
    const results = await Promise.all(['a', 'b', 'c'].map((name) => takeLease(bucket, settings(name))));
    expect(results.filter((result) => 'lease' in result)).toHaveLength(1);
    const winner = JSON.parse(bucket.text(LEASE_KEY)).holder;
    for (const result of results) if ('heldBy' in result) expect(result.heldBy.holder).toBe(winner);
  });

  it('expires on the exact millisecond', async () => {
    const bucket = new MemoryBucket();
    await taken(bucket, settings('first'));
    expect(await takeLease(bucket, settings('second', START + 2 * HOUR - 1))).toHaveProperty('heldBy');
    await taken(bucket, settings('second', START + 2 * HOUR));
  });

  it('starts its time again with each step of its holder', async () => {
    const bucket = new MemoryBucket();
    let now = START;
    const first = await taken(bucket, { ...settings('first'), now: () => now });
    now += HOUR;
    await first.renew();
    expect(await takeLease(bucket, settings('second', START + 2 * HOUR))).toHaveProperty('heldBy');
  });

  it('can be taken at once when its holder is known to have ended', async () => {
    const bucket = new MemoryBucket();
    await taken(bucket, settings('first'));
    expect(
      await takeLease(
        bucket,
        settings('second', START, (holder) => holder !== 'first'),
      ),
    ).toHaveProperty('heldBy');
    await taken(
      bucket,
      settings('second', START, (holder) => holder === 'first'),
    );
  });

  it('cannot be renewed or freed by its old holder after another run took it over', async () => {
    const bucket = new MemoryBucket();
    const first = await taken(bucket, settings('first'));
    await taken(bucket, settings('second', START + 3 * HOUR));
    await expect(first.renew()).rejects.toMatchObject({
      code: 'publish-conflict',
      message: expect.stringContaining('second'),
    });
    await first.free();
    expect(JSON.parse(bucket.text(LEASE_KEY)).holder).toBe('second');
  });

  it.each([
    ['ahead', 3 * HOUR],
    ['behind', -3 * HOUR],
  ])(
    'goes to one run only where the clock of a machine is hours %s, and the other publishes nothing',
    async (_, skew) => {
      const bucket = new MemoryBucket();
      const first = await taken(bucket, settings('skewed', START + skew));
      const second = await takeLease(bucket, settings('right', START + 60_000));
      if (skew > 0) {
        expect(second).toMatchObject({ heldBy: { holder: 'skewed' } });
        return first.renew();
      }
      expect(second).toHaveProperty('lease'); // what the skewed clock says has run out
      await expect(first.renew()).rejects.toMatchObject({ code: 'publish-conflict' });
      expect(JSON.parse(bucket.text(LEASE_KEY)).holder).toBe('right');
    },
  );

  it.each(['', '{"holder":"somebody"}', '[1'])('can be taken when its record cannot be read: %j', async (text) => {
    const bucket = new MemoryBucket();
    await bucket.put(LEASE_KEY, text);
    await taken(bucket, settings('first'));
  });
});
