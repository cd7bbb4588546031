import fc from 'fast-check';
import t from 'tap';
import { redactSource } from '../../src/camera/redact-source.js';
import { redactText } from '../../src/config/redact-config.js';
import { redactUrls } from '../../src/telemetry/redact-urls.js';

/** What each redaction is, said with regular expressions that are slow on long texts. */
const references = {
  redactUrls(text: string): string {
    let redacted = text;
    if (redacted.includes('@')) {
      redacted = redacted
        .replace(
          /\b([a-z][a-z0-9+.-]{0,20}:\/{1,2})((?:\\.|[^\s"\\])*)/gi,
          (whole, scheme: string, rest: string) =>
            rest.includes('@') ? `${scheme}***${rest.slice(rest.lastIndexOf('@'))}` : whole,
        )
        .replace(/(?:\\.|[^\s"\\])+/g, (whole) => {
          const at = whole.lastIndexOf('@');
          const colon = at < 0 ? -1 : whole.search(/(?<=[\w.%+-]):(?!\/)/);
          if (colon < 0 || colon > at) return whole;
          return `${whole.slice(0, whole.lastIndexOf('/', colon) + 1)}***${whole.slice(at)}`;
        });
    }
    return redacted
      .replace(
        /\b([a-z0-9_-]{0,30}(?:password|passwd|passphrase|pwd|token|secret|api[_-]?key)|pass|user-pw|proxy-pw)=(?:\\"[^"]*"|"[^"\s:,]*"|'[^'"]*'|(?:\\.|[^\s"\\&;,!])+)/gi,
        '$1=***',
      )
      .replace(/\b(authorization:\s{0,9}(?:basic|bearer)\s{1,9})[\w.~+/-]+=*/gi, '$1***');
  },
  redactText: (text: string): string =>
    text
      .replace(/^([a-z][a-z0-9+.-]*:\/\/|gst:)?[\s\S]*@/i, '$1***@')
      .replace(
        /([\w-]*(?:pw|pwd|pass|password|passwd|passphrase|token|secret|auth|key)\s*=\s*)("[^"]*"|'[^']*'|[^\s&"']+)/gi,
        '$1***',
      ),
  redactSource(text: string): string {
    const isAddress = /^[a-z][a-z0-9+.-]*:\/+/i.test(text);
    const first = isAddress ? text.replace(/^([^:]*:\/+).*@/s, '$1***@') : text;
    return first
      .replace(/(:\/+)\S*@/g, '$1***@')
      .replace(/(:\/+[^\s?#]*)[?#]\S*/g, '$1?***')
      .replace(/\b([\w-]*(?:pw|password|passwd|secret|token)\s*=\s*)("[^"]*"|'[^']*'|\S+)/gi, '$1***');
  },
};

const pieces = fc.oneof(
  fc.constantFrom(
    ...['a', 'B', '7', '_', '-', '.', '%41', 'é', '@', ':', '/', '//', '://', '?', '#', '&', ';', ',', '!'],
    ...[
      '=',
      ' = ',
      ' ',
      '\n',
      '"',
      "'",
      '\\',
      '\\"',
      '\\n',
      '{',
      '***',
      'http://',
      'rtsp:/',
      'gst:',
      'x1+.-:/',
    ],
    ...['pw', 'pwd', 'pass', 'Password', 'token', 'key', 'api_key', 'user-pw', 'secret', 'auth', 'compass'],
    ...[
      'authorization: ',
      'Authorization:Basic ',
      'bearer ',
      'rtsp://u:p@h/',
      'password=',
      'pwd="',
      "token='",
    ],
  ),
  fc.string({ maxLength: 3 }),
);
const texts = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''));

/** Whether a text is another with characters left out. */
function isWithin(text: string, other: string): boolean {
  let at = 0;
  for (const character of other) if (character === text[at]) at++;
  return at === text.length;
}

t.test('settings and sources are redacted as ever', async (t) => {
  for (const [name, redact] of Object.entries({ redactText, redactSource })) {
    const reference = references[name as 'redactText' | 'redactSource'];
    fc.assert(
      fc.property(texts, (text) => redact(text) === reference(text)),
      { numRuns: 20_000 },
    );
    t.pass(name);
  }
});

t.test('of a line no more is seen than ever', async (t) => {
  const shown = (text: string): string => text.replaceAll('***', '');
  fc.assert(
    fc.property(texts, (text) => {
      const [now, before] = [redactUrls(text), references.redactUrls(text)];
      return now === before || isWithin(shown(now), shown(before));
    }),
    { numRuns: 20_000 },
  );
  t.pass('20000 lines');
});
