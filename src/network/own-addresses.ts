import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { readKernelFileSync, UnreadableFileError } from '../read-bounded.js';

/** Whose every address is this machine's own: most often of one address. */
export interface OwnNetwork {
  readonly address: string;
  readonly prefix: number;
}

/** Some ten thousand routes. */
const maxTableBytes = 8 * 2 ** 20;
/** Taken for this machine's own where a table is not read because of its size. */
const everything: readonly OwnNetwork[] = ['0.0.0.0', '::'].map((address) => ({ address, prefix: 0 }));

/**
 * This machine listens on its addresses in the network as well. The interfaces that Node names are those with a link;
 * the kernel answers on the addresses of the others, too (docker0 without containers, a cable that is not plugged in),
 * and on whatever has a route of the type `local`.
 */
export function isOwnAddress(address: string): boolean {
  const own = new BlockList();
  for (const one of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
    own.addAddress(one.address, one.family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  const known = [
    ...kernelTable('/proc/self/net/fib_trie', localRoutes),
    ...kernelTable('/proc/self/net/if_inet6', interfaceAddresses),
  ];
  for (const { address, prefix } of known) {
    own.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return own.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * The IPv4 networks that the kernel takes for its own, as /proc/net/fib_trie has them: an address, and the routes to it on
 * the lines below. Of tables beside the usual two a mark decides: proxies route everything to the machine there.
 */
export function localRoutes(table: string): OwnNetwork[] {
  const found: OwnNetwork[] = [];
  let usual = false;
  let address = '';
  for (const line of table.split('\n')) {
    const [first = '', second = '', type] = line.trim().split(' ');
    if (!line.startsWith(' ')) usual = first === 'Main:' || first === 'Local:';
    else if (first === '|--') address = second;
    else if (usual && type === 'LOCAL' && isIPv4(address)) {
      found.push({ address, prefix: Number(first.slice(1)) });
    }
  }
  return found;
}

/** The IPv6 addresses of all interfaces, as /proc/net/if_inet6 has them: 32 hex digits begin each line. */
export function interfaceAddresses(table: string): OwnNetwork[] {
  return [...table.matchAll(/^[0-9a-f]{32}(?= )/gm)].map(([digits]) => ({
    address: (digits.match(/.{4}/g) ?? []).join(':'),
    prefix: 128,
  }));
}

/** Nothing where the system has no such table, or shows none; everything where it is larger than `maxBytes`. */
export function kernelTable(
  path: string,
  parse: (table: string) => OwnNetwork[],
  maxBytes: number = maxTableBytes,
): readonly OwnNetwork[] {
  try {
    return parse(readKernelFileSync(path, maxBytes).toString('latin1'));
  } catch (error) {
    return error instanceof UnreadableFileError ? everything : [];
  }
}
