import { promises as dns, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Every address of a host name. */
export type ResolveHost = (hostname: string) => Promise<LookupAddress[]>;

const resolveHost: ResolveHost = (hostname) => dns.lookup(hostname, { all: true, verbatim: true });

/** Throws where one of the addresses must not be connected to. */
export type JudgeAddresses = (hostname: string, addresses: readonly string[]) => void;

/**
 * Looks a host up for a connection and judges what is found, so that the connection goes to the very address that was
 * judged: a name that is resolved differently a moment later gains nothing. Node does not ask for a host that is an
 * address already: that one is to be judged before.
 */
export function judgedLookup(
  judge: JudgeAddresses,
  resolve: ResolveHost | undefined = resolveHost,
): LookupFunction {
  return (hostname, { all }, callback) => {
    const judged = resolve(hostname).then((found) => {
      judge(
        hostname,
        found.map(({ address }) => address),
      );
      return found;
    });
    judged.then(
      (found) => {
        const [first] = found;
        if (all === true) callback(null, found);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, all === true ? [] : ''),
    );
  };
}
