import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openBrokerStream, readTlsFiles } from '../../src/mqtt/broker-stream.js';
import { connack, FakeBroker } from '../support/fake-broker.js';
import { reached } from '../support/fault-figure.js';
import { Mosquitto } from '../support/mosquitto.js';
import { TestCertificates } from '../support/test-certificates.js';
import { startPublisher } from '../support/test-publisher.js';
import { waitFor } from '../support/wait-for.js';

const fault = 'tls';

t.test('TLS: in with the right certificates, never without', async (t) => {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const authority = certificates.authority('authority');
  const stranger = certificates.authority('stranger');
  const local = { by: authority, subject: 'IP:127.0.0.1' };
  const device = certificates.issue('device', { ...local, subject: 'DNS:device' });
  const brokers: Mosquitto[] = [];
  const start = async (name: string, server: { cert: string; key: string }) => {
    const settings = [`cafile ${authority.cert}`, `certfile ${server.cert}`, `keyfile ${server.key}`];
    if (name === 'client certificates') settings.push('require_certificate true');
    const broker = await Mosquitto.require(t, settings);
    if (broker === undefined) return undefined;
    brokers.push(broker);
    t.teardown(() => broker.stop());
    return broker.url.replace('mqtt:', 'mqtts:');
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

  const alone = (await start('alone', certificates.authority('alone'))) as string;

  const refused: [string, string, { ca?: string; cert?: string; key?: string }, RegExp][] = [
    ['an authority that did not sign it', url, { ca: stranger.cert }, /certificate/],
    ['only the system’s authorities', url, {}, /certificate/],
    ['another host’s certificate', other, { ca: authority.cert }, /altnames|127\.0\.0\.1/],
    ['an expired certificate', expired, { ca: authority.cert }, /expired/],
    ['a certificate signed by itself', alone, { ca: authority.cert }, /self.signed/],
    ['no certificate of our own', strict, { ca: authority.cert }, /./],
    [
      'one of our own that a stranger signed',
      strict,
      {
        ca: authority.cert,
        ...certificates.issue('fake', { by: stranger, subject: 'DNS:device' }),
      },
      /./,
    ],
  ];
  const attempts = refused.map(([name, url, tls, message], index) => {
    const reasons: string[] = [];
    const publisher = startPublisher(t, {
      url,
      tls,
      device: `refused-${index}`,
      onDisconnect: (reason) => reasons.push(reason),
    });
    return { name, message, publisher, reasons };
  });
  for (const { name, message, publisher, reasons } of attempts) {
    await waitFor(name, () => reasons.length >= 3);
    for (const reason of reasons) t.match(reason, message, name);
    t.equal(publisher.connected, false);
    t.equal(publisher.counters().published, 0);
  }
  const log = brokers.map((broker) => broker.log).join();
  t.match(log, / as box /);
  const connects = log.match(/ as refused/g)?.length ?? 0;
  const what = `of ${refused.length} wrong certificates and authorities let in:`;
  reached(t, { fault, what, value: connects, exactly: 0 });
});

t.test('never without TLS, whatever the other side says', async (t) => {
  const heard: Buffer[] = [];
  const broker = new FakeBroker((_, socket, hello) => {
    heard.push(hello);
    socket.on('data', (bytes) => heard.push(bytes));
    socket.write(connack(0));
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const publisher = startPublisher(t, {
    url: broker.url.replace('mqtt:', 'mqtts:'),
    username: 'user',
    password: 'hunter2',
  });
  await waitFor('three attempts', () => broker.connections >= 3);
  t.equal(publisher.connected, false);
  const clientHello = 0x16;
  const alert = 0x15;
  const plain = heard.filter(([type]) => type !== clientHello && type !== alert).length;
  reached(t, { fault, what: 'packets sent without TLS', value: plain, exactly: 0 });
  t.notMatch(Buffer.concat(heard).toString('latin1'), /MQTT|hunter2|box/);
});

t.test('a private key that everyone can read is told of', async (t) => {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const { key, cert } = certificates.authority('device');
  const problems = () => {
    const told: string[] = [];
    startPublisher(t, {
      url: 'mqtts://127.0.0.1:1',
      tls: { key, cert },
      onProblem: (text) => told.push(text),
    });
    return told;
  };
  chmodSync(key, 0o640);
  t.strictSame(problems(), []);
  chmodSync(key, 0o644);
  t.match(problems(), [/^MQTT TLS key .*device\.key: every user of this machine can read it/]);
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
