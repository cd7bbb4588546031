import { setTimeout as sleep } from 'node:timers/promises';
import { addresses } from '../addresses.js';
import type { Attack, Outcome } from '../attack.js';
import type { Answer } from '../trap.js';

const openingsMs = 6000;

interface Try {
  what: string;
  /** Of a source at the attacker. */
  scheme: 'http' | 'onvif';
  path: string;
  /** What a request for it holds, once what was read first has named an address of the inside. */
  asked: RegExp;
  /** `inside` is host and port of what nobody may reach. */
  answer(request: string, inside: string): string | undefined;
}

const stream = 'application/octet-stream';
const hls = 'application/vnd.apple.mpegurl';
const media = 'http://www.onvif.org/ver10/media/wsdl';

function reply(type: string, body: string): string {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  return `${head}\r\nConnection: close\r\n\r\n${body}`;
}

function moved(inside: string): string {
  return `HTTP/1.1 302 Found\r\nLocation: http://${inside}/\r\nContent-Length: 0\r\n\r\n`;
}

function playlist(...lines: string[]): string {
  return reply(hls, ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines, '#EXT-X-ENDLIST', ''].join('\n'));
}

function soap(operation: string, content: string): string {
  const body = `<s:Envelope xmlns:s="a"><s:Body><${operation}Response>${content}</${operation}Response></s:Body></s:Envelope>`;
  return reply('application/soap+xml', body);
}

function onvif(request: string, inside: string): string {
  const operation = /action="[^"]*\/(\w+)"/.exec(request)?.[1] ?? '';
  const answers: Record<string, string> = {
    GetServices: `<Service><Namespace>${media}</Namespace><XAddr>http://${inside}/media</XAddr></Service>`,
    GetProfiles:
      '<Profiles token="one"><VideoEncoderConfiguration><Encoding>H264</Encoding></VideoEncoderConfiguration></Profiles>',
    GetStreamUri: `<MediaUri><Uri>rtsp://${inside}/stream</Uri></MediaUri>`,
  };
  return soap(operation, answers[operation] ?? '');
}

const tries: readonly Try[] = [
  {
    what: 'a segment of a playlist',
    scheme: 'http',
    path: '/list.m3u8',
    asked: /list\.m3u8/,
    answer: (_, inside) => playlist('#EXTINF:2,', `http://${inside}/segment.ts`),
  },
  {
    what: 'a key of a playlist',
    scheme: 'http',
    path: '/key.m3u8',
    asked: /key\.m3u8/,
    answer: (_, inside) =>
      playlist(`#EXT-X-KEY:METHOD=AES-128,URI="http://${inside}/key"`, '#EXTINF:2,', 'segment.ts'),
  },
  {
    what: 'a playlist of another scheme',
    scheme: 'http',
    path: '/tcp.m3u8',
    asked: /tcp\.m3u8/,
    answer: (_, inside) => playlist('#EXTINF:2,', `tcp://${inside}`, '#EXTINF:2,', `crypto+tcp://${inside}`),
  },
  {
    what: 'a list of files, one of which redirects',
    scheme: 'http',
    path: '/files',
    asked: /\/files/,
    answer: (request, inside) =>
      request.includes('/files') ? reply(stream, 'ffconcat version 1.0\nfile part.mp4\n') : moved(inside),
  },
  {
    what: 'pictures with numbers, which redirect',
    scheme: 'http',
    path: '/picture%d.jpg',
    asked: /picture%d/,
    answer: (request, inside) => (request.includes('picture%d') ? reply(stream, 'none') : moved(inside)),
  },
  {
    what: 'a description of a session (SDP)',
    scheme: 'http',
    path: '/session.sdp',
    asked: /session\.sdp/,
    answer: (_, inside) =>
      reply(
        stream,
        `v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\na=control:rtsp://${inside}/\r\nm=video 0 RTP/AVP 96\r\n`,
      ),
  },
  {
    what: 'services and a stream of ONVIF',
    scheme: 'onvif',
    path: '/',
    asked: /GetStreamUri/,
    answer: onvif,
  },
];

/** A camera that a remote document may name leads the agent, or a library of its, to what only the box should reach. */
export const cameraAnswers: Attack = {
  title: "a camera's answer names the inside of the box",
  async run(arena) {
    const inside = await arena.trap({ address: addresses.loopback, answer: () => undefined });
    // In this network of one machine the attacker is an address of its own.
    const allowed = [{ host: addresses.attacker, allow_remote: true }];
    const victim = await arena.victim({ config: { camera_hosts: allowed } });
    await victim.poses();
    const outcomes: Outcome[] = [];
    for (const [index, { what, scheme, path, asked, answer }] of tries.entries()) {
      const reply: Answer = (request) => answer(request, `${addresses.loopback}:${inside.port}`);
      const camera = await arena.trap({ address: addresses.attacker, answer: reply });
      const before = inside.connections;
      const source = `${scheme}://${addresses.attacker}:${camera.port}${path}`;
      await victim.desire(index + 1, { cameras: [{ id: `c${index}`, source }] }, openingsMs);
      await sleep(1000);
      const reached = inside.connections > before;
      const made = camera.requests.some((request) => asked.test(request));
      const seen = !made ? 'the camera was never asked' : reached ? 'reached' : 'not reached';
      outcomes.push({ what, held: made && !reached, seen });
    }
    return outcomes;
  },
};
