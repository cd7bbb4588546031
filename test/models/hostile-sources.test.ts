import type { LookupAddress } from 'node:dns';
import { createServer, isIPv6, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import type { AllowedOrigin, ResolveHost } from '../../src/models/fetch-guard.js';
import type { UpdatePolicy } from '../../src/models/install-update.js';
import { ModelSlots } from '../../src/models/model-slots.js';
import { reached } from '../support/fault-figure.js';
import { redirect, startHttpFileServer, whole } from '../support/http-file-server.js';
import type { UpdatePublisher } from '../support/update-publisher.js';
import { outcome, startUpdateTarget } from '../support/update-target.js';

/** Hostile addresses, and what came of them. */
const sum = { tried: 0, connections: 0, changes: 0 };

/** A server in a blocked network: whoever connects has broken out. */
async function startForbiddenServer(
  t: Test,
  host: string,
  port = 0,
): Promise<{ port: number; connections: number }> {
  const seen = { port: 0, connections: 0 };
  const server: Server = createServer((socket) => {
    seen.connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => server.listen(port, host, resolve).on('error', reject));
  t.teardown(() => server.close());
  seen.port = (server.address() as { port: number }).port;
  return seen;
}

/** The publisher's keys, and other origins. */
function withOrigins({ policy }: UpdatePublisher, ...origins: AllowedOrigin[]): UpdatePolicy {
  return { ...policy, origins };
}

/** Adds to the sum what the cases of a test came to. */
function count(
  t: Test,
  { tried, connections, changes }: { tried: number; connections: number; changes: string[] },
): void {
  t.equal(connections, 0, `nothing was connected to in ${tried} cases`);
  t.same(changes, [], 'nothing outside changed');
  sum.tried += tried;
  sum.connections += connections;
  sum.changes += changes.length;
}

t.test('addresses that are on no allowed origin', async (t) => {
  const { publisher, server, connections, install, changesOutside } = await startUpdateTarget(t);
  const forbidden = await startForbiddenServer(t, '127.0.0.1');
  const { port } = new URL(server.url);
  const closed = forbidden.port;
  const addresses = [
    `http://127.0.0.1:${closed}/m.json`,
    `https://127.0.0.1:${port}/m.json`,
    `http://localhost:${port}/m.json`,
    `http://localhost:${closed}/m.json`,
    `http://127.0.0.1:${closed}@127.0.0.1:${port}/m.json`,
    `http://127.0.0.1:${port}@127.0.0.1:${closed}/m.json`,
    `http://user:c4n4ry@127.0.0.1:${port}/m.json`,
    `http://127.0.0.1:${port}\\@127.0.0.1:${closed}/m.json`,
    `http://127.0.0.1.:${closed}/m.json`,
    `http://127.0.0.1:${port}.evil.example/m.json`,
    `http://127.0.0.1%2f:${closed}/m.json`,
    `http://[::ffff:127.0.0.1]:${closed}/m.json`,
    `http://[::1]:${closed}/m.json`,
    `http://2130706433:${closed}/m.json`,
    `http://0x7f000001:${closed}/m.json`,
    `http://0177.0.0.1:${closed}/m.json`,
    `http://127.1:${closed}/m.json`,
    `http://①②⑦.⓪.⓪.①:${closed}/m.json`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/m.json',
    'http://0.0.0.0/m.json',
    'http://metadata.google.internal/m.json',
    'https://models.example.com.evil.example/m.json',
    'https://mоdels.example.com/m.json', // a Cyrillic o
    'file:///etc/passwd',
    `file://127.0.0.1:${port}/etc/passwd`,
    'ftp://127.0.0.1/m.json',
    `gopher://127.0.0.1:${closed}/_GET`,
    `ws://127.0.0.1:${port}/m.json`,
    'data:application/json,{}',
    'javascript:1',
    `blob:http://127.0.0.1:${port}/m.json`,
    `http+unix://127.0.0.1:${port}/m.json`,
    '/etc/passwd',
    '//127.0.0.1/m.json',
    '../../m.json',
    'http://',
    '',
    '\0',
  ];
  for (const address of addresses) {
    t.equal(await outcome(install({ url: address })), 'MODEL_ORIGIN_REFUSED', JSON.stringify(address));
    const [xml, bin] = publisher.manifest().files as object[];
    const envelope = publisher.envelope({ change: { files: [xml, { ...bin, url: address }] } });
    const code = await outcome(install({ envelope }));
    t.ok(
      ['MODEL_ORIGIN_REFUSED', 'MODEL_MANIFEST_INVALID'].includes(code),
      `${JSON.stringify(address)} of a file`,
    );
  }
  t.same(server.log, []);
  count(t, {
    tried: addresses.length,
    connections: connections.attempts.length + forbidden.connections,
    changes: changesOutside(),
  });
});

t.test('allowed origins in networks that are not', async (t) => {
  const { publisher, connections, install, changesOutside } = await startUpdateTarget(t);
  const four = await startForbiddenServer(t, '127.0.0.1');
  const six = await startForbiddenServer(t, '::1', four.port).catch(() => undefined);
  if (six === undefined) t.comment('this machine has no IPv6');
  const always = [
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '100.100.100.200',
    'fe80::1',
    '::',
    'fd00:ec2::254',
  ];
  const disguised = [
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '::127.0.0.1',
    '2001::1',
  ];
  const local = [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '10.0.0.1',
    '172.16.0.1',
  ];
  const unnamed = ['192.168.0.1', '100.64.0.1', 'fd00::1'];
  const cases = [
    ...[...always, ...disguised].map((address) => ({ address, allow_private: true })),
    ...[...always, ...disguised, ...local, ...unnamed].map((address) => ({ address, allow_private: false })),
  ];
  for (const { address, allow_private } of cases) {
    const host = isIPv6(address) ? `[${address}]` : address;
    const url = new URL(`http://${host}:${four.port}/m.json`).href;
    const direct = withOrigins(publisher, { origin: new URL(url).origin, allow_private });
    const asked = `${address}${allow_private ? ', private ones allowed' : ''}`;
    t.equal(await outcome(install({ url }, { policy: direct })), 'MODEL_ADDRESS_BLOCKED', asked);

    const named = withOrigins(publisher, { origin: `http://models.example.com:${four.port}`, allow_private });
    const answers = [[address], ['1.1.1.1', address], [address, '1.1.1.1']];
    for (const addresses of answers) {
      const resolveHost: ResolveHost = async () => addresses.map(toLookup);
      const source = { url: `http://models.example.com:${four.port}/m.json` };
      t.equal(
        await outcome(install(source, { policy: named, resolveHost })),
        'MODEL_ADDRESS_BLOCKED',
        `a name for ${asked}`,
      );
    }
    const files = (publisher.manifest().files as object[]).map((file) => ({ ...file, url }));
    const envelope = publisher.envelope({ change: { files } });
    const code = await outcome(install({ envelope }, { policy: direct }));
    t.ok(['MODEL_ADDRESS_BLOCKED', 'MODEL_MANIFEST_INVALID'].includes(code), `a file on ${asked}`);
  }
  count(t, {
    tried: cases.length,
    connections: connections.attempts.length + four.connections + (six?.connections ?? 0),
    changes: changesOutside(),
  });
});

t.test('redirects to where nothing may be fetched', async (t) => {
  const { publisher, server, stateDir, connections, install, changesOutside } = await startUpdateTarget(t);
  const forbidden = await startForbiddenServer(t, '127.0.0.1');
  const { port } = new URL(server.url);
  const targets: [string, string][] = [
    [`http://127.0.0.1:${forbidden.port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    [`http://localhost:${forbidden.port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    [`//127.0.0.1:${forbidden.port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    [`http://[::ffff:127.0.0.1]:${forbidden.port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    [`http://user:c4n4ry@127.0.0.1:${port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    [`https://127.0.0.1:${port}/m.json`, 'MODEL_ORIGIN_REFUSED'],
    ['http://169.254.169.254/latest/meta-data/', 'MODEL_ADDRESS_BLOCKED'],
    [`http://127.1.2.3:${forbidden.port}/m.json`, 'MODEL_ADDRESS_BLOCKED'],
    [`http://named.example.com:${forbidden.port}/m.json`, 'MODEL_ADDRESS_BLOCKED'],
    ['file:///etc/passwd', 'MODEL_ORIGIN_REFUSED'],
    ['ftp://127.0.0.1/m.json', 'MODEL_ORIGIN_REFUSED'],
    ['http://', 'MODEL_DOWNLOAD_FAILED'],
  ];
  const policy = withOrigins(
    publisher,
    { origin: server.url, allow_private: true },
    { origin: 'http://169.254.169.254', allow_private: true },
    { origin: `http://127.1.2.3:${forbidden.port}`, allow_private: false },
    { origin: `http://named.example.com:${forbidden.port}`, allow_private: false },
  );
  const resolveHost: ResolveHost = async () => [toLookup('127.0.0.1')];
  const bin = whole(publisher.weights(1));
  for (const [target, code] of targets) {
    server.on('/m.json', redirect('/hop'));
    server.on('/hop', redirect(target));
    const source = { url: `${server.url}/m.json` };
    t.equal(await outcome(install(source, { policy, resolveHost })), code, target);

    const url = publisher.publish();
    server.on('/hall/1/hall.bin', redirect(target), bin);
    t.equal(await outcome(install({ url }, { policy, resolveHost })), code, `${target} for a file`);
  }
  const allowed = `127.0.0.1:${port}`;
  t.ok(connections.attempts.includes(allowed));
  const elsewhere = connections.attempts.filter((address) => address !== allowed);
  t.same(elsewhere, [], 'only the allowed server was connected to');
  t.same((await new ModelSlots({ stateDir }).read()).updates, []);
  count(t, {
    tried: targets.length,
    connections: elsewhere.length + forbidden.connections,
    changes: changesOutside(),
  });
});

t.test('redirects within what is allowed, and not without end', async (t) => {
  const { publisher, server, install } = await startUpdateTarget(t);
  const other = await startHttpFileServer();
  t.teardown(() => other.close());
  const origins = [...publisher.policy.origins, { origin: other.url, allow_private: true }];
  const policy = { ...publisher.policy, origins };
  publisher.publish();
  for (let hop = 1; hop <= 6; hop++)
    server.on(`/${hop}`, redirect(hop === 1 ? '/hall-1.json' : `/${hop - 1}`));
  t.equal(await outcome(install({ url: `${server.url}/6` }, { policy })), 'MODEL_DOWNLOAD_FAILED', 'six');
  server.on('/loop', redirect('/loop'));
  t.equal(await outcome(install({ url: `${server.url}/loop` }, { policy })), 'MODEL_DOWNLOAD_FAILED');
  server.on('/hall/1/hall.bin', redirect(`${other.url}/elsewhere`));
  other.on('/elsewhere', whole(publisher.weights(1)));
  t.equal(
    await outcome(install({ url: `${server.url}/5` }, { policy })),
    'installed',
    'five, and another allowed server',
  );
});

t.test('a name that means something else a moment later', async (t) => {
  const { publisher, server, connections, install } = await startUpdateTarget(t);
  const { port } = new URL(server.url);
  const origin = `http://rebind.example.com:${port}`;
  const policy = withOrigins(publisher, { origin, allow_private: true });
  publisher.publish();
  const files = (publisher.manifest().files as { url: string }[]).map((file) => ({
    ...file,
    url: file.url.replace(server.url, origin),
  }));
  server.on('/m.json', whole(publisher.envelope({ change: { files } })));
  const install1 = (resolveHost: ResolveHost) =>
    install({ url: `${origin}/m.json` }, { policy, resolveHost });

  let asked = 0;
  const turning: ResolveHost = async () => [toLookup(++asked === 1 ? '127.0.0.1' : '169.254.169.254')];
  t.equal(await outcome(install1(turning)), 'MODEL_ADDRESS_BLOCKED', 'between the manifest and its files');
  t.equal(asked, 2, 'a name is resolved once for each connection');
  t.same([...new Set(connections.attempts)], [`127.0.0.1:${port}`]);

  // The first piece of the file comes, the connection breaks, and the name has turned when it is asked again.
  server.on('/hall/1/hall.xml', (_, response) => {
    response.writeHead(200, { 'content-length': 720 });
    response.write('<', () => setTimeout(() => response.destroy(), 20));
  });
  asked = 0;
  const later: ResolveHost = async () => [toLookup(++asked < 3 ? '127.0.0.1' : '169.254.169.254')];
  t.equal(await outcome(install1(later)), 'MODEL_ADDRESS_BLOCKED', 'between two attempts');
  t.equal(asked, 3);

  publisher.publish();
  asked = 0;
  const steady: ResolveHost = async () => {
    asked++;
    return [toLookup('127.0.0.1')];
  };
  t.equal(await outcome(install1(steady)), 'installed', 'the connection goes to the address that was judged');
  t.equal(asked, 3);
  t.same([...new Set(connections.attempts)], [`127.0.0.1:${port}`]);
});

t.test('credentials are repeated nowhere', async (t) => {
  const { server, publisher, install } = await startUpdateTarget(t);
  const { port } = new URL(server.url);
  server.on('/m.json', redirect(`http://user:c4n4ry@127.0.0.1:${port}/n.json`));
  publisher.publish();
  server.on('/hall/1/hall.bin', redirect('http://h/x?token=c4n4ry'));
  const urls = [
    `http://user:c4n4ry@127.0.0.1:${port}/m.json`,
    'c4n4ry://x',
    'http://c4n4ry@',
    `${server.url}/m.json`,
  ];
  for (const url of [...urls, `${server.url}/absent?token=c4n4ry`, `${server.url}/hall-1.json`]) {
    const error = await install({ url }).catch((reason: Error) => reason);
    t.type(error, AgentError);
    t.notMatch(
      `${(error as Error).stack} ${(error as Error).cause}`,
      url.startsWith('c4') ? 'x y' : 'c4n4ry',
      url,
    );
  }
});

t.test('all of it together', async (t) => {
  const fault = 'hostile_sources';
  reached(t, { fault, what: 'addresses tried', value: sum.tried, atLeast: 60 });
  reached(t, { fault, what: 'connections to what is blocked', value: sum.connections, exactly: 0 });
  reached(t, { fault, what: 'changes outside the state folder', value: sum.changes, exactly: 0 });
});

function toLookup(address: string): LookupAddress {
  return { address, family: isIPv6(address) ? 6 : 4 };
}
