import t from 'tap';
import { networkKind } from '../../src/network/network-kind.js';

t.test('addresses of the internet', async (t) => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '223.255.255.255',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
  ]) {
    t.equal(networkKind(address), 'public', address);
  }
});

t.test('addresses of this machine and its own networks, in every disguise', async (t) => {
  const networks = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'];
  const more = ['100.64.0.1', '100.127.255.255', '198.18.0.1'];
  for (const address of ['127.0.0.1', '127.255.255.254', ...networks, ...more]) {
    const kind = address.startsWith('127.') ? 'loopback' : 'private';
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    const disguised = [`::ffff:${address}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`];
    for (const one of [address, ...disguised]) t.equal(networkKind(one), kind, one);
  }
  t.equal(networkKind('::1'), 'loopback');
  for (const address of ['fc00::1', 'fd12:3456::1', 'fec0::1'])
    t.equal(networkKind(address), 'private', address);
});

t.test('addresses that nothing is ever fetched from', async (t) => {
  const link = [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
  ];
  const metadata = ['100.100.100.200', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254', '192.0.0.192'];
  const unspecified = ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'];
  const multicast = ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1', '::ffff:224.0.0.1'];
  const special = [
    'fe80::1',
    'fe80::1%lo',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b:1::1',
    '2001::1',
    '100::1',
  ];
  const none = ['', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', '1.1.1.1.', '::1 '];
  for (const address of [...link, ...metadata, ...unspecified, ...multicast, ...special, ...none]) {
    t.equal(networkKind(address), 'forbidden', address);
  }
});

t.test('addresses of examples', async (t) => {
  for (const address of [
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '2001:db8::1',
    '3fff::1',
    '::ffff:192.0.2.1',
  ])
    t.equal(networkKind(address), 'documentation', address);
});
