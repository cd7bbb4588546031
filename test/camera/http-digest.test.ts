import t, { type Test } from 'tap';
import type { Frame } from '../../src/camera/frame-source.js';
import { HttpStreamSource } from '../../src/camera/http-stream-source.js';
import type { AgentError } from '../../src/errors.js';
import type { SourcePolicy } from '../../src/network/source-policy.js';
import { MjpegServer } from '../support/mjpeg-server.js';
import { readNumber } from '../support/numbered-picture.js';
import { ServerLogin, type ServerLoginOptions } from '../support/server-login.js';

const credentials = 'bob:c4nary';

async function serve(t: Test, options: Partial<ServerLoginOptions>) {
  const login = new ServerLogin({ credentials, demands: [{ algorithm: 'MD5', qop: 'auth' }], ...options });
  const server = await new MjpegServer({ login }).start();
  t.teardown(() => server.stop());
  return { server, login };
}

/** The numbers of the first frames, less that of the very first. */
async function read(t: Test, url: string, policy?: SourcePolicy): Promise<number[]> {
  const source = new HttpStreamSource({ url, timeoutSeconds: 2, policy });
  t.teardown(() => source.close());
  await source.open();
  const numbers: number[] = [];
  for (let i = 0; i < 5; i++) {
    const frame = (await source.read()) as Frame;
    numbers.push(
      readNumber({ pixels: frame.pixels(), width: frame.width, height: frame.height }) - frame.seq,
    );
    frame.release();
  }
  await source.close();
  return numbers.map((number) => number - (numbers[0] as number));
}

const withLogin = (url: string): string => url.replace('//', `//${credentials}@`);

t.test('MJPEG streams behind Digest', async (t) => {
  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256']) {
    for (const qop of ['auth', 'auth,auth-int', ''] as const) {
      const { server, login } = await serve(t, { demands: ['Basic', { algorithm, qop }] });
      t.same(await read(t, withLogin(server.url)), [0, 0, 0, 0, 0], `${algorithm}, qop "${qop}"`);
      t.equal(login.heard.length, 2);
      t.match(login.heard, ['-', /^Digest /]);
      t.notMatch(login.heard.join(), /c4nary|Basic/);
    }
  }
});

t.test('a redirect of its own takes the login along, for its own path', async (t) => {
  const { server, login } = await serve(t, {});
  const moved = withLogin(server.url).replace(/stream$/, 'moved');
  t.same(await read(t, moved), [0, 0, 0, 0, 0]);
  t.match(login.heard, ['-', /uri="\/moved".*nc=00000001/, /uri="\/stream".*nc=00000002/]);
});

t.test('a nonce that is stale at once is asked for anew, once', async (t) => {
  const { server, login } = await serve(t, { nonceUses: 0 });
  await t.rejects(read(t, withLogin(server.url)), { code: 'CAMERA_OPEN_FAILED', message: /answered 401/ });
  t.equal(login.heard.length, 3);
});

t.test('whoever names a camera from afar is told no more than before', async (t) => {
  const { server } = await serve(t, { credentials: 'bob:right' });
  const policy = { remote: true, hosts: [{ host: `127.0.0.1:${server.port}`, allow_remote: true }] };
  const error = await read(t, withLogin(server.url), policy).catch((error: AgentError) => error);
  t.match(error, { message: /it refuses the request \(check user and password\)$/ });
  t.notMatch((error as Error).message, /401|Unauthorized|c4nary/);
});
