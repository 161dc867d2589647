import { cpus } from 'node:os';

/** What a figure was measured on. */
export const MACHINE = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };

export const describeMachine = () => `${MACHINE.cores} × ${MACHINE.cpu}, node ${MACHINE.node}`;
