import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * `loopback`: this machine itself. `private`: its own network. `documentation`: of examples, nothing is ever there.
 * `forbidden`: link-local, multicast, unspecified, cloud metadata and whatever else no server of ours ever has.
 */
export type NetworkKind = 'public' | 'private' | 'loopback' | 'documentation' | 'forbidden';

const forbidden4 = [
  '0.0.0.0/8', // this host, unspecified
  '169.254.0.0/16', // link-local; cloud metadata
  '100.100.100.200/32', // metadata of a cloud inside the carriers' range
  '168.63.129.16/32', // metadata of a cloud inside a public range
  '192.0.0.0/24', // protocol assignments
  '192.88.99.0/24', // relays from IPv6
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];

const documentation4 = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'];
const documentation6 = ['2001:db8::/32', '3fff::/20'];

const loopback4 = ['127.0.0.0/8'];

const private4 = [
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks between devices
];

/** Inside what is usable below. */
const forbidden6 = [
  '2001::/23', // protocol assignments, Teredo
  'fd00:ec2::254/128', // metadata of a cloud inside the private range
  'fd20:ce::254/128', // the same of another
];

const loopback6 = ['::1/128'];

const private6 = ['fc00::/7', 'fec0::/10'];

/** Everything else is forbidden: IPv6 has far more special networks than usable ones. */
const usable6 = ['2000::/3', ...embedding('0.0.0.0/0')];

/** The forms in which an IPv6 address stands for an IPv4 one: mapped, translated by NAT64, tunnelled by 6to4. */
function embedding(network4: string): string[] {
  const [address = '', prefix = ''] = network4.split('/');
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
  const low = groups.join(':');
  return [
    `::ffff:${low}/${96 + Number(prefix)}`,
    `64:ff9b::${low}/${96 + Number(prefix)}`,
    `2002:${low}::/${16 + Number(prefix)}`,
  ];
}

function blockList(networks4: readonly string[], networks6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of [...networks4, ...networks6]) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

const forbidden = blockList(forbidden4, [...forbidden4.flatMap(embedding), ...forbidden6]);
const documentation = blockList(documentation4, [...documentation4.flatMap(embedding), ...documentation6]);
const loopback = blockList(loopback4, [...loopback4.flatMap(embedding), ...loopback6]);
const local = blockList(private4, [...private4.flatMap(embedding), ...private6]);
const reachable6 = blockList([], usable6);

/** What kind of network an IP address belongs to; text that is no address counts as forbidden. */
export function networkKind(address: string): NetworkKind {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  // A zone (fe80::1%eth0) names an interface of this machine: nothing global has one.
  if (family === 'ipv6' && (!isIPv6(address) || address.includes('%'))) return 'forbidden';
  if (forbidden.check(address, family)) return 'forbidden';
  if (documentation.check(address, family)) return 'documentation';
  if (loopback.check(address, family)) return 'loopback';
  if (local.check(address, family)) return 'private';
  return family === 'ipv4' || reachable6.check(address, family) ? 'public' : 'forbidden';
}
