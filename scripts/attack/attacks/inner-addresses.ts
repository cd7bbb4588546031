import { setTimeout as sleep } from 'node:timers/promises';
import { addresses, names } from '../addresses.js';
import type { Attack, Outcome } from '../attack.js';
import { DnsServer } from '../dns-server.js';
import { redirectTo, type Trap } from '../trap.js';

const openingsMs = 6000;

/** What only the box itself should reach is named as a camera's source by a remote document. */
export const innerAddresses: Attack = {
  title: 'a remote document reaches the inside of the box',
  async run(arena) {
    const dns = await new DnsServer().start();
    arena.atEnd(() => dns.stop());
    const inside = (address: string) =>
      arena.trap({ address, answer: () => 'HTTP/1.1 418 secret-of-the-inside\r\nContent-Length: 0\r\n\r\n' });
    const loopback = await inside(addresses.loopback);
    const metadata = await inside(addresses.metadata);
    const six = await inside('::1');
    const rebound = await arena.trap({
      address: addresses.attacker,
      port: loopback.port,
      answer: () => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
    });
    const redirect = (address: string) =>
      arena.trap({ address: addresses.attacker, answer: redirectTo(address) });
    const toLoopback = await redirect(`http://${addresses.loopback}:${loopback.port}/`);
    const rtspToLoopback = await redirect(`rtsp://${addresses.loopback}:${loopback.port}/`);
    const tries: [string, string, Trap][] = [
      ['loopback', `http://${addresses.loopback}:${loopback.port}/`, loopback],
      ['loopback in IPv6', `http://[::1]:${six.port}/`, six],
      ['loopback mapped into IPv6', `http://[::ffff:7f00:1]:${loopback.port}/`, loopback],
      ['unspecified', `http://0.0.0.0:${loopback.port}/`, loopback],
      ['loopback over rtsp', `rtsp://${addresses.loopback}:${loopback.port}/`, loopback],
      ['metadata of a cloud', `http://${addresses.metadata}:${metadata.port}/latest/`, metadata],
      ['a name of loopback', `http://${names.loopback}:${loopback.port}/`, loopback],
      ['a name of loopback over rtsp', `rtsp://${names.loopback}:${loopback.port}/`, loopback],
      ['a redirect', `http://${addresses.attacker}:${toLoopback.port}/`, loopback],
      ['a redirect over rtsp', `rtsp://${addresses.attacker}:${rtspToLoopback.port}/`, loopback],
      ['a name that changes its address', `http://${names.rebinding}:${loopback.port}/`, loopback],
    ];
    // In this network of one machine the attacker is an address of its own, and could not redirect anybody.
    const allowed = [{ host: addresses.attacker, allow_remote: true }];
    const victim = await arena.victim({ config: { camera_hosts: allowed } });
    await victim.poses();
    const outcomes: Outcome[] = [];
    for (const [index, [what, source, trap]] of tries.entries()) {
      const before = trap.connections;
      const told = victim.observer?.messages.length ?? 0;
      await victim.desire(index + 1, { cameras: [{ id: `c${index}`, source }] }, openingsMs);
      await sleep(500);
      const reached = trap.connections > before;
      const oracle = victim.observer?.messages
        .slice(told)
        // The numbers of poses and figures hold a 418 now and then.
        .filter(({ topic }) => !/\/(pose|stats)$/.test(topic))
        .some(({ text }) => /\b418\b|secret-of-the-inside/.test(text));
      const seen = oracle ? 'reached, and its answer published' : reached ? 'reached' : 'not reached';
      outcomes.push({ what, held: !reached && !oracle, seen });
    }
    const asked = rebound.connections > 0 || dns.rebound > 0;
    const redirected = toLoopback.connections > 0 && rtspToLoopback.connections > 0;
    if (!redirected) outcomes.push({ what: 'whoever redirects was asked', held: false, seen: 'never' });
    if (!asked) outcomes.push({ what: 'the names were looked up', held: false, seen: 'never' });
    return outcomes;
  },
};
