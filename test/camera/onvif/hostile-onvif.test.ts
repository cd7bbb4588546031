import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { prepareOnvifCamera } from '../../../src/camera/onvif/prepare-onvif-camera.js';
import type { AgentError } from '../../../src/errors.js';
import type { SourcePolicy } from '../../../src/network/source-policy.js';
import {
  dateAndTime,
  envelope,
  fault,
  namespaces,
  profiles1,
  services,
  streamUri1,
} from '../../support/onvif-messages.js';

type Answer = string | ((response: ServerResponse) => unknown);
type Script = Partial<Record<'GetServices' | 'GetCapabilities' | 'GetProfiles' | 'GetStreamUri', Answer>>;

const profile = { token: 'p', name: 'main', encoding: 'H264', width: 640, height: 360, fps: 25, path: '/' };

interface Asked {
  operation: string;
  path: string;
  host: string;
}

/** A camera that answers as it should but for what its script says. */
async function startScripted(t: Test, script: Script): Promise<{ port: number; asked: Asked[] }> {
  const asked: Asked[] = [];
  const media = { namespace: namespaces.media1, address: 'http://127.0.0.1/media' };
  const usual: Record<string, Answer> = {
    GetSystemDateAndTime: dateAndTime(new Date()),
    GetServices: services([media]),
    GetProfiles: profiles1([profile]),
    GetStreamUri: streamUri1('rtsp://127.0.0.1:1/live'),
  };
  const server = createServer((request, response) => {
    response.on('error', () => {});
    let text = '';
    request.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const operation = /<s:Body><(\w+)/.exec(text)?.[1] ?? '';
      asked.push({ operation, path: request.url ?? '', host: request.headers.host ?? '' });
      const answer = script[operation as keyof Script] ?? usual[operation];
      if (typeof answer === 'function') answer(response);
      else
        response
          .writeHead(answer === undefined ? 500 : 200)
          .end(answer ?? fault('ActionNotSupported', 'none'));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, asked };
}

const limits = { timeoutMs: 400, allMs: 1500 };
const local: SourcePolicy = { remote: false, hosts: [] };

/** Why such a camera is not opened. */
async function failureOf(t: Test, script: Script, policy = local, port?: number): Promise<AgentError> {
  const at = port ?? (await startScripted(t, script)).port;
  const camera = { url: `onvif://bob:c4nary@127.0.0.1:${at}/`, profile: undefined, policy, limits };
  const prepared = await prepareOnvifCamera(camera, new AbortController().signal).catch((error) => error);
  prepared.close?.();
  t.equal(prepared.code, 'CAMERA_OPEN_FAILED', prepared.message);
  t.notMatch(prepared.message, 'c4nary');
  return prepared;
}

const endless = (response: ServerResponse): void => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(`<a>${'x'.repeat(65_536)}`));
  };
  response.on('drain', more);
  more();
};

const drip = (response: ServerResponse): void => {
  response.writeHead(200).write('<a>');
  const timer = setInterval(() => response.write('x'), 20);
  response.on('close', () => clearInterval(timer));
};

t.test('answers that never end, or are made to exhaust, cost little and are refused', async (t) => {
  const laughs = '<!DOCTYPE a [<!ENTITY b "haha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>';
  const cases: [name: string, answer: Answer, reason: RegExp][] = [
    ['billion laughs', laughs, /its answer cannot be read: a document type is not taken/],
    ['10 MB', `<a>${'x'.repeat(10_000_000)}</a>`, /more than 2097152 bytes are not taken/],
    ['endless', endless, /more than 64 levels|more than 2097152 bytes/],
    ['deep nesting', '<a>'.repeat(100_000), /more than 64 levels are not taken/],
    ['no XML', 'hello', /not well-formed/],
    ['nothing', '', /it has no element|not well-formed/],
    ['no SOAP', '<a/>', /its answer is no SOAP/],
    ['a drop at a time', drip, /it is not complete within 400 ms|more than 1.5 s/],
    ['silence', () => undefined, /no answer within 400 ms|more than 1.5 s/],
    ['hanging up', (response) => response.destroy(), /closed the connection/],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /answered 302/,
    ],
    ['no such service', (response) => response.writeHead(404).end(), /the server answered 404 Not Found/],
  ];
  for (const operation of ['GetServices', 'GetProfiles', 'GetStreamUri'] as const) {
    for (const [name, answer, reason] of cases) {
      const begun = performance.now();
      const { message } = await failureOf(t, { [operation]: answer });
      t.match(message, reason, `${operation}: ${name}`);
      t.ok(performance.now() - begun < 3000, `${operation}: ${name}`);
    }
  }
});

t.test('a camera that answers each request a moment before it is late is given up in the end', async (t) => {
  const slowly = async (response: ServerResponse): Promise<void> => {
    await sleep(380);
    response.writeHead(200).write(' ');
    await sleep(380);
    response.end(fault('ActionNotSupported', 'no'));
  };
  const script = { GetServices: slowly, GetCapabilities: slowly };
  const { port } = await startScripted(t, script);
  const url = `onvif://127.0.0.1:${port}/`;
  const camera = { url, profile: undefined, limits: { timeoutMs: 400, allMs: 1000 } };
  const failing = prepareOnvifCamera(camera, new AbortController().signal);
  await t.rejects(failing, { message: /its ONVIF services take more than 1 s to answer/ });
});

t.test('closing ends it at once', async (t) => {
  for (const answer of [drip, () => undefined]) {
    const { port } = await startScripted(t, { GetProfiles: answer });
    const closing = new AbortController();
    const camera = { url: `onvif://127.0.0.1:${port}/`, profile: undefined };
    const opening = prepareOnvifCamera(camera, closing.signal);
    setTimeout(() => closing.abort(), 200);
    const begun = performance.now();
    await t.rejects(opening, { code: 'CAMERA_OPEN_FAILED', message: /it was closed meanwhile/ });
    t.ok(performance.now() - begun < 1500);
  }
});

t.test('no service is asked but at the host and port that were configured', async (t) => {
  const other = await startScripted(t, {});
  for (const address of [
    `http://127.0.0.1:${other.port}/media`,
    `http://localhost:${other.port}/media`,
    'https://evil.invalid/media',
    `http://x@127.0.0.1:${other.port}//127.0.0.1:${other.port}/media`,
  ]) {
    const media = services([{ namespace: namespaces.media1, address }]);
    const { port, asked } = await startScripted(t, { GetServices: media });
    await failureOf(t, {}, local, port);
    t.same(
      asked.map(({ operation }) => operation),
      ['GetSystemDateAndTime', 'GetServices', 'GetProfiles', 'GetStreamUri'],
    );
    t.ok(asked.every(({ host }) => host === `127.0.0.1:${port}`));
  }
  t.same(other.asked, []);
});

t.test(
  'the stream is at the configured host, whatever the camera names, and anything else is none',
  async (t) => {
    for (const address of ['rtsp://evil.invalid:1/live', 'RTSPS://u:p@10.0.0.1:1/live', 'rtsp://[::1]:1']) {
      const { message } = await failureOf(t, { GetStreamUri: streamUri1(address) });
      t.match(message, /nothing listens on 127\.0\.0\.1:1 \(connection refused\)$/, address);
    }
    for (const address of [
      'http://127.0.0.1/live',
      'file:///etc/passwd',
      'rtsp:///live',
      'rtsp://127.0.0.1:99999/live',
      '/live',
      'rtsp://127.0.0.1/a b',
      'rtsp://127.0.0.1/a&#10;b',
      `rtsp://127.0.0.1/${'a'.repeat(3000)}`,
    ]) {
      const uri = envelope(
        `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${address}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`,
      );
      const { message } = await failureOf(t, { GetStreamUri: uri });
      t.match(message, /the address that it names for its stream is none of RTSP$/, address);
    }
  },
);

/** Whatever a camera can say of itself. */
function sayings(text: string): Record<string, Script> {
  const status =
    (code: number): Answer =>
    (response) =>
      response.writeHead(code, text, { 'x-a': text }).end(text);
  const login: Answer = (response) =>
    response.writeHead(401, { 'www-authenticate': `Digest realm="${text}", nonce="${text}"` }).end(text);
  const answers: Record<string, Answer> = {
    status: status(400 + text.length),
    fault: (response) => response.writeHead(500).end(fault(text, text)),
    'fault of SOAP 1.1': envelope(`<s:Fault xmlns:s="x"><faultstring>${text}</faultstring></s:Fault>`),
    page: `<html>${text}</html>`,
    'other element': envelope(`<${text}/>`),
    text,
  };
  const scripts: Record<string, Script> = {};
  for (const operation of ['GetServices', 'GetProfiles', 'GetStreamUri'] as const) {
    for (const [name, answer] of Object.entries(answers))
      scripts[`${operation}: ${name}`] = { [operation]: answer };
    scripts[`${operation}: login`] = { [operation]: login };
    scripts[`${operation}: forbidden`] = { [operation]: status(403) };
    scripts[`${operation}: not authorized`] = { [operation]: fault('NotAuthorized', text) };
  }
  scripts['a media service elsewhere'] = {
    GetServices: services([{ namespace: namespaces.media1, address: `${text}://${text}/` }]),
  };
  scripts['no profiles'] = { GetProfiles: profiles1([]) };
  scripts['a stream elsewhere'] = { GetStreamUri: streamUri1(`${text}://${text}/${text}`) };
  scripts['a stream that is closed'] = { GetStreamUri: streamUri1(`rtsp://${text}:1/${text}`) };
  scripts['a stream at another port'] = { GetStreamUri: streamUri1(`rtsp://${text}:${text.length}/${text}`) };
  return scripts;
}

t.test(
  'what a camera says is not told to the author of a remote document',
  { timeout: 60_000 },
  async (t) => {
    const remote: SourcePolicy = { remote: true, hosts: [{ host: '127.0.0.1', allow_remote: true }] };
    const told = async (text: string, policy: SourcePolicy): Promise<Map<string, string>> => {
      const reasons = new Map<string, string>();
      for (const [name, script] of Object.entries(sayings(text))) {
        const { message } = await failureOf(t, script, policy);
        reasons.set(name, message.replace(/127\.0\.0\.1:\d+/, 'camera'));
      }
      return reasons;
    };
    const reasons = await told('s3rial99', remote);
    t.same(await told('t0ken', remote), reasons, 'it is the same whatever the camera says');
    const words = new Set(
      [...reasons.values()].map((reason) => reason.replace(/^.* cannot be opened: /, '')),
    );
    t.same(
      words,
      new Set([
        'it gives no ONVIF profile',
        'it refuses the request (check user and password)',
        'its stream gives no answer',
      ]),
    );
    const own = await told('s3rial99', local);
    t.match(own.get('GetProfiles: fault'), /it answers: s3rial99$/);
    t.match(
      own.get('GetServices: status'),
      /it is no ONVIF camera that can be read: the server answered 408 s3rial99$/,
    );
    t.match(own.get('a stream that is closed'), /nothing listens on/);
    t.match(own.get('a media service elsewhere'), /it offers no media service$/);
    t.match(own.get('no profiles'), /none of its profiles has video$/);
  },
);

t.test('a camera of a remote document reaches no port of this machine that is not allowed', async (t) => {
  const inner = await startScripted(t, {});
  const { port, asked } = await startScripted(t, {
    GetStreamUri: streamUri1(`rtsp://127.0.0.1:${inner.port}/`),
  });
  const policy = { remote: true, hosts: [{ host: `127.0.0.1:${port}`, allow_remote: true }] };
  for (const hosts of [policy.hosts, []]) {
    const camera = { url: `onvif://127.0.0.1:${port}/`, profile: undefined, policy: { remote: true, hosts } };
    const opening = prepareOnvifCamera(camera, new AbortController().signal);
    await t.rejects(opening, { code: 'CAMERA_ADDRESS_BLOCKED' });
  }
  t.equal(asked.length, 4, 'the one that is allowed was asked once, the other never');
  t.same(inner.asked, []);
});

t.test('names of a camera are fit for a terminal', async (t) => {
  const named = { ...profile, name: `\u202e\u0085a&#x9b;2J${'b'.repeat(1000)}` };
  const { port } = await startScripted(t, {
    GetProfiles: profiles1([named]).replace('&amp;#x9b;', '&#x9b;'),
  });
  const camera = { url: `onvif://127.0.0.1:${port}/?profile=x`, profile: 'x' };
  const { message } = await prepareOnvifCamera(camera, new AbortController().signal).catch((error) => error);
  t.match(message, /it has a 2Jb+…$/);
  t.ok(message.length < 400);
});
