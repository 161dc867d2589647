import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { Agent, createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marquee, newFolder, QUICK, writeTinySet } from './command.ts';
import { freePort, getJson, launch, type Server, startServer, trainedVersion } from './server.ts';

let folder: string;
let first: Server;

const start = () => startServer(`${folder}/state`, ['--data', folder, ...QUICK]);

beforeAll(async () => {
  folder = await newFolder();
  await writeTinySet(folder);
  first = await start();
});

afterAll(async () => {
  await first?.stop();
  await rm(folder, { recursive: true, force: true });
});

/**
 * Processes of a group that still run. What ended and only waits to be reaped does not count; what was killed is gone when
 * the system has taken its memory back.
 */
async function alive(group: number): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // gone meanwhile
    const [, command, state, , itsGroup] = /^\d+ \((.*)\) (\S) (\d+) (\d+)/s.exec(stat) ?? [];
    if (Number(itsGroup) === group && state !== 'Z') found.push(`${pid} ${command}`);
  }
  return found;
}

async function isFree(url: string): Promise<boolean> {
  const probe = createServer().listen(Number(new URL(url).port), 'localhost');
  return Promise.race([
    once(probe, 'listening').then(() => probe.close() && true),
    once(probe, 'error').then(() => false),
  ]);
}

describe('npm start', () => {
  it('trains, publishes and says where it is, with URLs that answer', async () => {
    expect(trainedVersion(first.output)).toMatch(/^\d{8}T\d{6}Z-/);
    expect(existsSync(`${first.artifact}/manifest.json`)).toBe(true);
    const urls = first.output.match(/http:\S+/g)!;
    expect(urls[0]).toBe(first.url);
    expect(urls.length).toBeGreaterThan(4);
    for (const url of urls.filter((url) => !url.includes('matrix') && !url.includes('genre'))) {
      expect((await fetch(url)).status, url).toBe(200);
    }
  });

  it('serves the page, with what it needs', async () => {
    const page = await fetch(first.url);
    expect(page.headers.get('Content-Type')).toMatch(/^text\/html/);
    expect(page.headers.get('Content-Security-Policy')).toMatch(/default-src 'none'/);
    const html = await page.text();
    expect(html).toContain('<title>Marquee</title>');
    for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"#]+)"(?! download)/g)) {
      expect((await fetch(first.url + path)).status, path).toBe(200);
    }
  });

  it('serves what it trained', async () => {
    const health = await getJson(`${first.url}/health`);
    expect(health).toMatchObject({ status: 'ok', version: trainedVersion(first.output), lastError: null });
    const answer = await getJson(`${first.url}/recommend?user=7&k=5`);
    expect(answer).toMatchObject({ user: 7, basis: 'trained', model: { version: health.version } });
    expect(answer.items).toHaveLength(5);
  });

  it('keeps a rating: the next answer counts it', async () => {
    const session = await fetch(`${first.url}/session`, { method: 'POST' });
    const headers = { Cookie: session.headers.get('Set-Cookie')!.split(';')[0], 'Content-Type': 'application/json' };
    const body = JSON.stringify({ movieId: 5, rating: 4.5 });
    expect((await fetch(`${first.url}/ratings`, { method: 'POST', headers, body })).status).toBe(200);
    const answer = await getJson(`${first.url}/recommend`, { headers });
    expect(answer).toMatchObject({ basis: 'folded-in', ratings: 1 });
  });

  it('on a port that is taken says so and starts nothing', async () => {
    const other = createServer().listen(await freePort(), '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const state = `${folder}/never`;
    const { status, stderr } = await marquee('start', ['--port', String(port)], { MARQUEE_STATE: state });
    other.close();
    expect(status).toBe(1);
    expect(stderr).toContain(`port ${port} is taken by another program\nTry: npm start -- --port ${port + 1}`);
    expect(existsSync(state)).toBe(false);
  });
});

/** Asks over a connection of its own. */
function askAnew(path: string, host = 'localhost'): Promise<IncomingMessage> {
  const { port } = new URL(first.url);
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { Host: host }, agent: false });
    asked.once('response', (answer) => resolve(answer)).once('error', reject);
    asked.end();
  });
}

/** A proxy on this machine that hides the client's Host and names the client, at an address, last. */
async function openProxy(client: string) {
  const { port } = new URL(first.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const proxy = createHttpServer((came, answer) => {
    const named = [came.headers['x-forwarded-for'], client].filter(Boolean).join(', ');
    const headers = { ...came.headers, host: 'marquee.example', 'x-forwarded-for': named };
    const { method, url: path } = came;
    const onward = request({ host: '127.0.0.1', port, agent, method, path, headers });
    onward.once('response', (found) => {
      answer.writeHead(found.statusCode!, found.headers);
      found.pipe(answer);
    });
    came.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const at = { host: '127.0.0.1', port: (proxy.address() as { port: number }).port, agent: false as const };
  return {
    async ask(method: string, path: string, headers = {}): Promise<IncomingMessage> {
      const asked = request({ ...at, method, path, headers }).end();
      const [answer] = await once(asked, 'response');
      return answer.resume();
    },
    close() {
      agent.destroy();
      proxy.close();
    },
  };
}

function errorOf(socket: Socket): Promise<[NodeJS.ErrnoException]> {
  return new Promise((resolve) => socket.once('error', (error) => resolve([error])));
}

describe('npm start, attacked', () => {
  it('refuses a second start on the same folder with the address of the first', async () => {
    const port = String(await freePort());
    const { status, stderr } = await marquee('start', ['--port', port], { MARQUEE_STATE: `${folder}/state` });
    expect(status).toBe(1);
    expect(stderr).toContain(`Marquee serves this folder already: ${first.url} (process ${first.pid})`);
  });

  it.each(['localhost', 'marquee.example'])('hides the tools of wrangler, asked for host %s', async (host) => {
    const statusOf = async (path: string) => (await askAnew(path, host)).statusCode;
    for (const path of ['/cdn-cgi/explorer', '/x/../cdn-cgi/explorer/api/d1/database', '/cdn-cgi/handler/scheduled']) {
      expect(await statusOf(path), path).toBe(404);
    }
    expect(await statusOf('/health')).toBe(200);
  });

  it('hides the tools of wrangler behind a proxy that rewrites Host, however their address is written', async () => {
    const proxy = await openProxy('192.0.2.7');
    const tools = ['explorer', 'explorer/api/d1/database', 'handler/scheduled', 'mf/reload', 'ProxyWorker/pause'];
    const spellings = [
      '/cdn-cgi/',
      '//cdn-cgi/',
      '/%63dn-cgi/',
      '/x/../cdn-cgi/',
      '/CDN-CGI/',
      '/cdn-cgi/./',
      '/cdn-cgi//',
    ];
    for (const path of spellings.flatMap((spelling) => tools.map((tool) => spelling + tool))) {
      const headers = {
        'MF-Original-URL': `http://localhost/cdn-cgi/${tools[0]}`,
        'MF-Proxy-Shared-Secret': 'guessed',
      };
      expect((await proxy.ask('GET', path, headers)).statusCode, path).toBe(404);
    }
    expect((await proxy.ask('GET', '/health')).statusCode).toBe(200);
    proxy.close();
  });

  it('limits whom a proxy names last, whatever addresses the client names itself', async () => {
    const proxy = await openProxy('192.0.2.8');
    // More than two minutes allow an address, so that it does not matter when a minute ends.
    const write = (n: number) =>
      proxy.ask('DELETE', '/ratings/1', {
        'X-Forwarded-For': `10.0.${n >> 8}.${n & 255}`,
        'CF-Connecting-IP': `10.1.1.${n % 256}`,
      });
    const statuses = new Set<number | undefined>();
    for (let n = 0; n < 500; n += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, j) => write(n + j)));
      for (const { statusCode } of answers) statuses.add(statusCode);
    }
    expect(statuses).toEqual(new Set([401, 429]));
    proxy.close();
    const another = await openProxy('192.0.2.9');
    expect((await another.ask('DELETE', '/ratings/1')).statusCode).toBe(401);
    another.close();
  });

  it.each([
    [
      'an address that is too long',
      `GET /top?genre=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'too-large',
    ],
    ['what is no HTTP', '\x16\x03\x01\r\n\r\n', 400, 'bad-body'],
  ])('answers %s with a problem, too', async (_, sent, status, code) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(first.url).port) });
    const answer = (await Promise.all([text(socket), once(socket, 'connect').then(() => socket.end(sent))]))[0];
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it('listens on this machine alone', async () => {
    const { port } = new URL(first.url);
    const outside = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of outside) {
      const socket = connect({ host: address, port: Number(port) });
      const [error] = await Promise.race([once(socket, 'connect').then(() => [null]), errorOf(socket)]);
      expect(error, address).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('answers too many connections with 503 and a time to come again, and serves when they have gone', async () => {
    const { port } = new URL(first.url);
    const sockets = Array.from({ length: 256 }, () => connect({ host: '127.0.0.1', port: Number(port) }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const refused = await askAnew('/health');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(await json(refused)).toMatchObject({ code: 'store-unavailable', detail: 'too many connections' });
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await askAnew('/health')).statusCode).toBe(200);
  });

  it('limits the writes of a session as the platform does', async () => {
    const session = await fetch(`${first.url}/session`, { method: 'POST' });
    const headers = { Cookie: session.headers.get('Set-Cookie')!.split(';')[0], 'Content-Type': 'application/json' };
    const body = JSON.stringify({ movieId: 5, rating: 4.5 });
    const rate = async () => (await fetch(`${first.url}/ratings`, { method: 'POST', headers, body })).status;
    // More than two minutes allow, so that it does not matter when a minute ends.
    const statuses = await Promise.all(Array.from({ length: 130 }, rate));
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  it.skipIf(!existsSync('/proc/self/stat'))('starts the runtime again when it is killed', async () => {
    const runtime = (await alive(first.pid)).filter((name) => name.includes('workerd'));
    expect(runtime).toHaveLength(2);
    process.kill(Number(runtime[0].split(' ')[0]), 'SIGKILL');
    await first.said('the Workers runtime runs again');
    expect(await getJson(`${first.url}/health`)).toMatchObject({ status: 'ok', version: trainedVersion(first.output) });
  });

  it('keeps what it accepted into its queue, also when all of it is killed', async () => {
    const state = `${folder}/queued`;
    const server = await startServer(state, ['--data', folder, ...QUICK]);
    const session = await fetch(`${server.url}/session`, { method: 'POST' });
    const headers = { Cookie: session.headers.get('Set-Cookie')!.split(';')[0], 'Content-Type': 'application/json' };
    const databases = `${state}/v3/d1/miniflare-D1DatabaseObject`;
    const held = (await readdir(databases)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    const locks = held.map((name) => new DatabaseSync(`${databases}/${name}`));
    for (const lock of locks) lock.exec('BEGIN EXCLUSIVE');
    const body = JSON.stringify({ movieId: 7, rating: 3.5 });
    expect((await fetch(`${server.url}/ratings`, { method: 'POST', headers, body })).status).toBe(202);
    await server.stop('SIGKILL', 'group');
    for (const lock of locks) lock.close();
    const second = await startServer(state, ['--data', folder, ...QUICK]);
    expect(second.output).toContain('changes that waited in the queue when the server ended, now in D1: 1');
    const { ratings } = await getJson(`${second.url}/ratings`, { headers });
    expect(ratings).toMatchObject([{ movieId: 7, rating: 3.5 }]);
    await second.stop();
  });
});

describe.skipIf(!existsSync('/proc/self/stat'))('Ctrl-C', () => {
  it('ends it and all that it started', async () => {
    expect((await alive(first.pid)).join()).toMatch(/workerd/);
    expect(await first.stop('SIGINT', 'group')).toBe(0);
    await expect.poll(() => alive(first.pid)).toEqual([]);
    expect(await isFree(first.url)).toBe(true);
  });
});

describe.skipIf(!existsSync('/proc/self/stat'))('Ctrl-C while it trains', () => {
  it('ends it at once', async () => {
    const server = await launch(`${folder}/interrupted`, ['--data', folder, '--sweeps', '1000', '--factors', '63']);
    await server.said('engine wasm');
    await server.stop('SIGINT', 'process');
    expect(server.output).not.toContain('1000 sweeps');
    await expect.poll(() => alive(server.pid)).toEqual([]);
  });
});

describe('a second start', () => {
  it('serves the model and the ratings of the first, and ends when told alone', async () => {
    await first.stop();
    const second = await start();
    const version = trainedVersion(first.output);
    expect(second.output).toContain(`serving ${version}, trained before`);
    expect(second.output).not.toContain('sweeps');
    expect(await getJson(`${second.url}/health`)).toMatchObject({ status: 'ok', version });
    expect(await second.stop('SIGTERM', 'process')).toBe(0);
    if (existsSync('/proc/self/stat')) await expect.poll(() => alive(second.pid)).toEqual([]);
    expect(await isFree(second.url)).toBe(true);
    const other = ['--data', 'ml-1m', '--port', String(await freePort())];
    const { status, stderr } = await marquee('start', other, { MARQUEE_STATE: `${folder}/state` });
    expect(status).toBe(1);
    expect(stderr).toMatch(/serves \S+, trained on marquee-\w+, not on ml-1m\nName another folder/);
  });
});
