import { hostname } from 'node:os';
import type { LeaseSettings } from '../../trainer/retrain/lease.ts';

const HERE = `${hostname()}, process `;

/** How this process calls itself in a lease. */
export const HOLDER = HERE + process.pid;

/** Whether a holder was a process of this machine that has ended. */
export function isGone(holder: string): boolean {
  if (!holder.startsWith(HERE)) return false;
  try {
    process.kill(Number(holder.slice(HERE.length)), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** The lease of a command that heals or copies: an hour. A dead process of this machine is passed over. */
export function leaseSettings({ remote, takeOver }: { remote: boolean; takeOver: boolean }): LeaseSettings {
  return {
    holder: HOLDER,
    milliseconds: 3_600_000,
    now: Date.now,
    isGone: (holder) => takeOver || (!remote && isGone(holder)),
  };
}
