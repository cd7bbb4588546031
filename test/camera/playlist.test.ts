import t from 'tap';
import { NewestTexts } from '../../src/camera/newest-texts.js';
import {
  maxPlaylistBytes,
  maxPlaylistServers,
  type PlaylistKind,
  playlistKind,
  rewritePlaylist,
} from '../../src/camera/playlist.js';
import { adversarialTexts } from '../support/adversarial-text.js';
import { cpuMs } from '../support/cpu-ms.js';

const kinds: readonly PlaylistKind[] = ['hls', 'dash'];
/** As for a camera `cam`, which knows its own addresses by their paths. */
const beginning = (server: string): string | undefined =>
  server === 'cam' ? '' : server.includes('!') ? undefined : `http://${server}:443`;

function rewritten(text: string, kind: PlaylistKind, isSecure = false): string {
  return rewritePlaylist(text, { kind, isSecure }, beginning);
}

t.test('what is a playlist', async (t) => {
  const hls = ['application/vnd.apple.mpegurl', 'audio/x-mpegurl; charset=utf-8', 'Application/MPEGURL'];
  for (const type of hls) t.equal(playlistKind(type, ''), 'hls', type);
  t.equal(playlistKind('application/dash+xml', ''), 'dash');
  t.equal(playlistKind('text/plain', '/live/index.m3u8'), 'hls', 'many servers know no type for it');
  t.equal(playlistKind('', '/live/manifest.MPD'), 'dash');
  for (const type of ['', 'video/mp2t', 'text/plain', 'xapplication/mpegurl']) {
    t.equal(playlistKind(type, '/live'), undefined, type);
  }
});

t.test('addresses get another beginning, and nothing else is changed', async (t) => {
  const hls: [string, string][] = [
    ['https://a/x.ts?b=1\nHTTPS://a/y.ts', 'http://a:443/x.ts?b=1\nhttp://a:443/y.ts'],
    ['https://cam/x.ts\r\nhttps://cam\r\nhttps://cam?x\r\n', '/x.ts\r\n/\r\n/?x\r\n'],
    ['https://a\\@b/\nhttps://a#b', 'http://a:443/\\@b/\nhttp://a:443/#b'],
    [
      '#EXT-X-KEY:METHOD=AES-128,URI="https://a/k",IV=0x1',
      '#EXT-X-KEY:METHOD=AES-128,URI="http://a:443/k",IV=0x1',
    ],
    ['#EXT-X-MAP:URI="https://cam/i.mp4"', '#EXT-X-MAP:URI="/i.mp4"'],
  ];
  for (const [text, expected] of hls) t.equal(rewritten(text, 'hls'), expected, text);
  const comments = [
    '#https://a/',
    '# URI="https://a/"',
    '#EXTINF:2,https://a/',
    'x.ts?at=https://a/',
    ' https://a/',
  ];
  for (const text of [...comments, 'http://a/', 'x.ts', '', 'https:///x', 'https://!/x']) {
    t.equal(rewritten(text, 'hls'), text, text);
  }
  const dash: [string, string][] = [
    ['<BaseURL>https://a/x/</BaseURL>', '<BaseURL>http://a:443/x/</BaseURL>'],
    ['<BaseURL>\n  https://cam/x/\n</BaseURL>', '<BaseURL>\n  /x/\n</BaseURL>'],
    [`<S media="https://a/$Number$" x='https://b'/>`, `<S media="http://a:443/$Number$" x='http://b:443/'/>`],
  ];
  for (const [text, expected] of dash) t.equal(rewritten(text, 'dash'), expected, text);
  // What has the scheme of its playlist.
  const relative: [string, PlaylistKind, string][] = [
    ['//a/x.ts\n//cam/y.ts\n', 'hls', 'http://a:443/x.ts\n/y.ts\n'],
    ['#EXT-X-KEY:METHOD=AES-128,URI="//a/k"', 'hls', '#EXT-X-KEY:METHOD=AES-128,URI="http://a:443/k"'],
    ['<BaseURL>//a/x/</BaseURL>', 'dash', '<BaseURL>http://a:443/x/</BaseURL>'],
  ];
  for (const [text, kind, expected] of relative) {
    t.equal(rewritten(text, kind, true), expected, text);
    t.equal(rewritten(text, kind), text, 'it came in clear itself');
    t.equal(rewritten('/x//a/', kind, true), '/x//a/');
  }
  t.equal(rewritten('<!-- https://a/ -->', 'dash'), '<!-- https://a/ -->');
});

t.test('a server is judged once, and there are not many', async (t) => {
  const lines = (servers: number): string =>
    Array.from({ length: 40_000 }, (_, line) => `https://s${line % servers}/${line}.ts`).join('\n');
  let asked = 0;
  const count = (server: string): string => `http://${server}:${++asked}`;
  rewritePlaylist(lines(maxPlaylistServers), { kind: 'hls', isSecure: true }, count);
  t.equal(asked, maxPlaylistServers);
  asked = 0;
  t.throws(() => rewritePlaylist(lines(maxPlaylistServers + 1), { kind: 'hls', isSecure: true }, count), {
    message: /more than 64 servers/,
  });
  t.equal(asked, maxPlaylistServers);
  const long = `https://${'a'.repeat(2000)}/x.ts`;
  t.equal(
    rewritePlaylist(long, { kind: 'hls', isSecure: true }, count),
    long,
    'a name that cannot be one is not remembered',
  );
});

/** For a playlist of the largest size; what is quadratic in any of them takes seconds. */
const limitMs = 150;
/** What the patterns begin with, and what they go on to. */
const units = [
  '#EXT',
  '#EXT\u2028',
  '#EXT\n',
  'URI="',
  '#EXTURI="https://',
  'https://',
  '\nhttps://a',
  '"',
  '> ',
  '">\n',
  '\r',
];

t.test('the longest playlist takes a part of a second, whatever it is made of', async (t) => {
  const texts = adversarialTexts(maxPlaylistBytes);
  for (const unit of [...units, 'https://a/\n', '#https://a/\n', '"https://a/"']) {
    texts.set(JSON.stringify(unit), unit.repeat(maxPlaylistBytes / unit.length));
    texts.set(`#EXT${JSON.stringify(unit)}`, `#EXT${unit.repeat(maxPlaylistBytes / unit.length)}`);
  }
  for (const kind of kinds) {
    let worst = { ms: 0, what: '' };
    for (const [what, text] of texts) {
      const ms = cpuMs(() => rewritePlaylist(text, { kind, isSecure: true }, (server) => `http://${server}`));
      if (ms > worst.ms) worst = { ms, what };
    }
    t.ok(worst.ms <= limitMs, `${kind}: ${Math.round(worst.ms)} ms at most, with ${worst.what}`);
  }
});

t.test('the newest of many texts are kept', async (t) => {
  const texts = new NewestTexts(3);
  for (const text of ['a', 'b', 'c', 'a', 'd']) texts.add(text);
  t.same(
    ['a', 'b', 'c', 'd'].filter((text) => texts.has(text)),
    ['a', 'c', 'd'],
    'b was the oldest',
  );
  t.ok(texts.has('a'));
  texts.add('e');
  t.same(
    ['a', 'c', 'd', 'e'].filter((text) => texts.has(text)),
    ['a', 'd', 'e'],
    'one that is asked for is new again',
  );
});
