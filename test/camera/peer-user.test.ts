import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { isStranger, peerUser, userOf } from '../../src/camera/peer-user.js';

/** What /proc/net/tcp says of a connection. */
function row(of: { local?: string; remote?: string; state?: string; user?: number }): string {
  const { local = '0100007F:A001', remote = '0100007F:0050', state = '01', user = 7 } = of;
  return `   3: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${user}        0 4711 1 0 20 4 30 10 -1`;
}

t.test('the row of a connection is the one that is the same in all', async (t) => {
  const mine = row({});
  const others = [
    row({ local: '0200007F:A001', user: 8 }),
    row({ local: '0100007F:A002', user: 8 }),
    row({ local: '0100007F:1A001', user: 8 }),
    row({ remote: '0200007F:0050', user: 8 }),
    row({ remote: '0100007F:0051', user: 8 }),
    row({ local: '0100007F:0050', remote: '0100007F:A001', user: 8 }),
    // Closed ones belong to user 0 wherever they come from.
    ...['02', '03', '04', '05', '06', '07', '08', '0A'].map((state) => row({ state, user: 0 })),
  ];
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  for (const other of others) {
    t.equal(userOf([head, other, ''].join('\n'), 0xa001, 0x50), null, other);
    t.equal(userOf([head, other, mine, ''].join('\n'), 0xa001, 0x50), 7, 'wherever it stands');
  }
  t.equal(userOf([head, ...others, mine].join('\n'), 0xa001, 0x50), 7);
  t.equal(userOf('', 0xa001, 0x50), null);
});

/** A server, and who it takes each client for. */
async function judging(t: Test) {
  const judged: { from: string | undefined; user: number | null | undefined; stranger: boolean }[] = [];
  const server = createServer((socket) => {
    judged.push({ from: socket.remoteAddress, user: peerUser(socket), stranger: isStranger(socket) });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const join = async (from: { localAddress: string; localPort?: number }): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, ...from });
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { judged, join, port };
}

t.test('this user is known by his whole address, and by no other than 127.0.0.1', async (t) => {
  const { judged, join } = await judging(t);
  const user = process.getuid?.();
  for (let time = 0; time < 8; time++) {
    const own = await join({ localAddress: '127.0.0.1' });
    const { localPort = 0 } = own;
    const other = await join({ localAddress: '127.0.0.2', localPort });
    other.end();
    await once(other, 'close').catch(() => {});
    t.match(judged.splice(0), [
      { from: '127.0.0.1', user, stranger: false },
      { from: '127.0.0.2', user: null, stranger: true },
    ]);
  }
});

t.test('another user is a stranger', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const { judged, join, port } = await judging(t);
  const { localPort } = await join({ localAddress: '127.0.0.1' });
  const at = { port, host: '127.0.0.1' };
  for (const from of [
    {},
    { localAddress: '127.0.0.2', localPort },
    { localAddress: '127.3.2.1', localPort },
  ]) {
    for (const uid of [0, 65_534]) {
      const script = `require('node:net').connect(${JSON.stringify({ ...at, ...from })}, () => setTimeout(() => process.exit(), 100))`;
      const child = spawn(process.execPath, ['-e', script], { uid, cwd: '/' });
      await once(child, 'exit');
    }
  }
  const strangers = judged.slice(1).map(({ stranger }) => stranger);
  t.same(strangers, [false, true, true, true, true, true]);
});
