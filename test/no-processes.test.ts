import { execFileSync, spawn } from 'node:child_process';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it.each<[string, () => unknown]>([
  ['a process', () => spawn('true')],
  ['a process that it waits for', () => execFileSync('true')],
  ['a connection', () => connect(9, '127.0.0.1')],
  ['a server', () => createServer().listen(0)],
  ['a request', () => request('http://127.0.0.1:9/')],
  ['a fetch', () => fetch('http://127.0.0.1:9/')],
])('a unit test that starts %s fails, and hears how to name its file', (_, start) => {
  expect(start).toThrow(/a unit test starts no process and opens no connection\. Name its file \*\.e2e\.test\.ts\./);
});

it('a unit test may start a thread', async () => {
  const thread = new Worker('', { eval: true });
  expect(await new Promise((resolve) => thread.once('exit', resolve))).toBe(0);
});
