import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { FetchGuard } from '../../src/models/fetch-guard.js';
import { httpGet } from '../../src/models/http-get.js';
import { TestCertificates } from '../support/test-certificates.js';

const url = new URL('https://updates.example/m.json');

/** What the guard lets a connection to the host know: addresses, or a refusal. */
function lookUp(
  addresses: readonly string[],
  { allowPrivate = false, all = true } = {},
): Promise<{ address: unknown; family: number | undefined }> {
  const guard = new FetchGuard([{ origin: url.origin, allow_private: allowPrivate }], async () =>
    addresses.map((address) => ({ address, family: 4 })),
  );
  return new Promise((resolve, reject) => {
    guard.admit(url)(url.hostname, { all }, (error, address, family) => {
      if (error) reject(error);
      else resolve({ address, family });
    });
  });
}

t.test('a name is judged by all of its addresses, and connected to as judged', async (t) => {
  t.match(await lookUp(['93.184.216.34']), { address: [{ address: '93.184.216.34' }] });
  t.match(await lookUp(['93.184.216.34'], { all: false }), { address: '93.184.216.34', family: 4 });
  t.match(await lookUp(['192.168.1.5'], { allowPrivate: true }), { address: [{ address: '192.168.1.5' }] });
});

t.test('one address that is blocked is enough, and so is none', async (t) => {
  const blocked = { code: 'MODEL_ADDRESS_BLOCKED' };
  for (const all of [true, false]) {
    const refused = (addresses: string[], message: RegExp): Promise<unknown> =>
      t.rejects(lookUp(addresses, { all }), { ...blocked, message });
    await refused(['192.168.1.5'], /updates\.example is 192\.168\.1\.5, which is in a private network/);
    await refused(['93.184.216.34', '169.254.169.254'], /169\.254\.169\.254, which is blocked always/);
    await refused([], /updates\.example has no address/);
  }
  await t.rejects(lookUp(['169.254.169.254'], { allowPrivate: true }), blocked);
});

t.test('an https server that nobody vouches for is asked nothing', async (t) => {
  const certificates = new TestCertificates();
  t.teardown(() => certificates.remove());
  const { key, cert } = certificates.authority('127.0.0.1');
  let asked = 0;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    asked++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await t.rejects(httpGet(address, { headers: {}, signal: AbortSignal.timeout(10_000) }), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  t.equal(asked, 0);
});
