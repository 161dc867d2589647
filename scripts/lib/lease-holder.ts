import { hostname } from 'node:os';

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
