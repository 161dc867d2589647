import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Set-up of the unit lane: a test that starts a process or opens a connection fails and hears where it belongs. */
function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what}: a unit test starts no process and opens no connection. Name its file *.e2e.test.ts.`);
  };
}

for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const) {
  Object.assign(childProcess, { [name]: refuse(name) });
}
net.Socket.prototype.connect = refuse('connect');
net.Server.prototype.listen = refuse('listen');
globalThis.fetch = refuse('fetch');
syncBuiltinESMExports();
