import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import {
  interfaceAddresses,
  isOwnAddress,
  kernelTable,
  localRoutes,
} from '../../src/network/own-addresses.js';
import { skipWithout } from '../support/absent.js';

const texts = (networks: readonly { address: string; prefix: number }[]) =>
  networks.map(({ address, prefix }) => `${address}/${prefix}`);

t.test('local routes of the kernel, of its usual tables alone', async (t) => {
  const table = `Id 100:
  |-- 0.0.0.0
     /0 host LOCAL
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
        +-- 10.9.0.0/23 2 0 2
           |-- 10.9.1.1
              /32 host LOCAL
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.50.0.0
        /24 host LOCAL tos=4
        /16 link UNICAST
     |-- 127.255.255.255
        /32 link BROADCAST
     |-- 172.17.0.0
        /16 link UNICAST
     |-- 172.17.0.1
        /32 host LOCAL
`;
  t.same(texts(localRoutes(table)), ['10.9.1.1/32', '10.50.0.0/24', '172.17.0.1/32']);
  for (const text of [
    '',
    '\n',
    'Local:\n',
    'Local:\n  /32 host LOCAL\n',
    'Local:\n  |-- x\n   /32 host LOCAL',
  ]) {
    t.same(localRoutes(text), [], JSON.stringify(text));
  }
});

t.test('addresses of IPv6 of the kernel', async (t) => {
  const table = `00000000000000000000000000000001 01 80 10 80       lo
fd020000000000000000000000000001 03 40 00 82      br1
`;
  t.same(texts(interfaceAddresses(table)), [
    '0000:0000:0000:0000:0000:0000:0000:0001/128',
    'fd02:0000:0000:0000:0000:0000:0000:0001/128',
  ]);
  t.same(interfaceAddresses('\n'), []);
});

t.test('a table that is not there, and one that is too large', async (t) => {
  const table = '/proc/self/net/fib_trie';
  t.ok(texts(kernelTable(table, localRoutes)).includes('127.0.0.1/32'));
  t.same(kernelTable('/proc/self/net/none', localRoutes), []);
  t.same(texts(kernelTable(table, localRoutes, 20)), ['0.0.0.0/0', '::/0'], 'nothing can be told apart');
});

t.test('here', async (t) => {
  for (const address of ['127.0.0.1', '127.3.4.5', '::ffff:127.0.0.1', '::1']) {
    t.ok(isOwnAddress(address), address);
  }
  for (const address of ['203.0.113.77', '::ffff:203.0.113.77', '2001:db8::77']) {
    t.notOk(isOwnAddress(address), address);
  }
});

/** Interfaces in every state: without a link, down, with aliases; routes that make an address one of the machine. */
const network = [
  'ip link set lo up',
  'ip link add bare type bridge && ip addr add 172.17.0.1/16 dev bare && ip link set bare up',
  'ip link add unused type bridge && ip addr add 10.9.8.1/24 dev unused',
  'ip link add veth0 type veth peer name veth1 && ip addr add 10.8.8.1/24 dev veth0 && ip link set veth0 up',
  'ip link add up0 type veth peer name up1 && ip link set up0 up && ip link set up1 up',
  'ip addr add 10.7.7.1/24 dev up0 && ip addr add 10.7.7.2/24 dev up0 label up0:1',
  'ip addr add 10.6.6.1/32 dev lo',
  'ip route add local 10.50.0.0/24 dev lo',
  'ip route add local 0.0.0.0/0 dev lo table 100',
  'ip -6 addr add fd01::1/64 dev bare nodad',
  'ip -6 addr add fd02::1/64 dev unused nodad',
  'ip -6 addr add fd03::1/128 dev lo',
];
const own = [
  ...['127.0.0.1', '127.9.9.9', '172.17.0.1', '10.9.8.1', '10.8.8.1', '10.7.7.1', '10.7.7.2', '10.6.6.1'],
  ...['10.50.0.7', '::ffff:10.9.8.1', 'fd01::1', 'fd02::1', 'fd03::1', '::1'],
];
const others = [
  '172.17.0.2',
  '10.9.8.2',
  '10.8.8.2',
  '10.6.6.2',
  '10.51.0.1',
  'fd01::2',
  'fd02::2',
  'fd03::2',
];

const source = (name: string): string => JSON.stringify(join(import.meta.dirname, '../../src/network', name));
/** Tries each address, at a server that listens on all there are. */
const program = `
  import { connect, createServer } from 'node:net';
  import { isBarred } from ${source('source-policy.ts')};
  const server = createServer((socket) => socket.end()).listen(0, '::', async () => {
    const { port } = server.address();
    const results = [];
    for (const host of ${JSON.stringify([...own, ...others])}) {
      const answers = await new Promise((resolve) => {
        const socket = connect({ host, port, timeout: 200 });
        const end = (answers) => () => resolve(answers) ?? socket.destroy();
        socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
      });
      const policy = { remote: true, hosts: [] };
      results.push({ host, answers, barred: isBarred(policy, { tls: false, host, port }, host) });
    }
    console.log(JSON.stringify(results));
    server.close();
  });
`;

function hasNamespaces(): boolean {
  return spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
}

t.test(
  'whatever answers as this machine is barred, on interfaces in every state',
  { skip: skipWithout(hasNamespaces(), 'unshare and ip, and namespaces of its own') },
  async (t) => {
    const inner = [process.execPath, '--import=tsx', '--input-type=module', '-e', program];
    const shell = ['-rn', 'bash', '-ec', `${network.join('\n')}\nexec "$@"`, 'bash', ...inner];
    const { stdout, stderr, status } = spawnSync('unshare', shell, { encoding: 'utf8', timeout: 60_000 });
    t.equal(status, 0, stderr);
    const results = JSON.parse(stdout) as { host: string; answers: boolean; barred: boolean }[];
    const hosts = (of: (one: (typeof results)[number]) => boolean): string[] =>
      results.filter(of).map(({ host }) => host);
    t.same(
      hosts(({ answers }) => answers),
      own,
      'this machine answers on all of its own',
    );
    t.same(
      hosts(({ barred }) => barred),
      own,
      'and none of them can be asked',
    );
  },
);
