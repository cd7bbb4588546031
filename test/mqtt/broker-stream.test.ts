import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openBrokerStream, readTlsFiles } from '../../src/mqtt/broker-stream.js';
import { Mosquitto } from '../support/mosquitto.js';
import { TestCertificates } from '../support/test-certificates.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

t.test('TLS: in with the right certificates, never without', async (t) => {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const authority = certificates.authority('authority');
  const stranger = certificates.authority('stranger');
  const local = { by: authority, subject: 'IP:127.0.0.1' };
  const device = certificates.issue('device', { ...local, subject: 'DNS:device' });
  const start = async (name: string, server: { cert: string; key: string }) => {
    const settings = [`cafile ${authority.cert}`, `certfile ${server.cert}`, `keyfile ${server.key}`];
    if (name === 'client certificates') settings.push('require_certificate true');
    const broker = await Mosquitto.require(t, settings);
    if (broker !== undefined) t.teardown(() => broker.stop());
    return broker?.url.replace('mqtt:', 'mqtts:');
  };
  const url = await start('good', certificates.issue('good', local));
  if (url === undefined) return;
  const strict = (await start('client certificates', certificates.issue('strict', local))) as string;
  const other = (await start(
    'other',
    certificates.issue('other', { ...local, subject: 'DNS:other' }),
  )) as string;
  const expired = (await start('expired', certificates.issue('expired', { ...local, days: -1 }))) as string;

  const accepted = [
    startPublisher(t, { url, tls: { ca: authority.cert } }),
    startPublisher(t, { url: strict, tls: { ca: authority.cert, cert: device.cert, key: device.key } }),
  ];
  for (const publisher of accepted) await waitFor('connected', () => publisher.connected);

  const refused: [string, string, { ca?: string }, RegExp][] = [
    ['an authority that did not sign it', url, { ca: stranger.cert }, /certificate/],
    ['only the system’s authorities', url, {}, /certificate/],
    ['another host’s certificate', other, { ca: authority.cert }, /altnames|127\.0\.0\.1/],
    ['an expired certificate', expired, { ca: authority.cert }, /expired/],
    ['no certificate of our own', strict, { ca: authority.cert }, /./],
  ];
  const attempts = refused.map(([name, url, tls, message]) => {
    const reasons: string[] = [];
    const publisher = startPublisher(t, { url, tls, onDisconnect: (reason) => reasons.push(reason) });
    return { name, message, publisher, reasons };
  });
  await delay(500);
  for (const { name, message, publisher, reasons } of attempts) {
    await waitFor(name, () => reasons.length > 0);
    t.match(reasons[0], message, name);
    t.equal(publisher.connected, false);
    t.equal(publisher.counters().published, 0);
  }
});

t.test('certificates that cannot be read', async (t) => {
  const noPem = join(import.meta.dirname, '../../package.json');
  t.throws(() => readTlsFiles({ key: '/nowhere/device.key' }), {
    code: 'MQTT_TLS_FILE_UNREADABLE',
    message: 'MQTT TLS key /nowhere/device.key: ENOENT',
  });
  t.throws(() => readTlsFiles({ ca: noPem }), {
    message: /expected PEM, found no -----BEGIN line/,
  });
  const address = { host: '127.0.0.1', port: 1, secure: true, username: undefined, password: undefined };
  t.throws(() => openBrokerStream(address, { cert: '/nowhere' }), { code: 'MQTT_TLS_FILE_UNREADABLE' });
});
