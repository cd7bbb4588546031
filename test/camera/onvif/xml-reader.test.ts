import t from 'tap';
import {
  childrenOf,
  elementAt,
  escapeXml,
  readXml,
  textAt,
  XmlReader,
} from '../../../src/camera/onvif/xml-reader.js';
import { cpuMs } from '../../support/cpu-ms.js';

const read = (text: string) => readXml(Buffer.from(text));

t.test('elements are found by their names, whatever prefixes they have', async (t) => {
  const text =
    '\ufeff<?xml version="1.0"?>\n<!-- x --><s:a xmlns:s="urn:s"><t:b c="1&amp;2" s:d="3"> one <i/> &#x74;wo &lt;<![CDATA[&x<]]> </t:b>' +
    '<b>three</b><e><f> </f></e></s:a>';
  const root = read(text);
  t.equal(root.name, 'a');
  t.equal(textAt(root, 'b'), 'one  two <&x<');
  t.same(elementAt(root, 'b')?.attributes, { c: '1&2', 's:d': '3' });
  t.same(
    childrenOf(root, 'b').map(({ text }) => text),
    ['one  two <&x<', 'three'],
  );
  t.equal(textAt(root, 'e', 'f'), undefined, 'nothing in it');
  t.equal(textAt(root, 'e', 'g', 'h'), undefined);
  t.same(childrenOf(undefined, 'b'), []);
  t.equal(read(`<a>${escapeXml('<&>"\'ä')}</a>`).text, '<&>"\'ä');
  // Cut anywhere, within a character too.
  const bytes = Buffer.from('<a>ä€𝄞</a>');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new XmlReader();
    reader.write(bytes.subarray(0, cut));
    reader.write(bytes.subarray(cut));
    t.equal(reader.finish().text, 'ä€𝄞');
  }
});

t.test('what is not whole or not well-formed is refused', async (t) => {
  for (const text of [
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b=1/>',
    '<a>&x;</a>',
    '<a><!--',
    '{"a":1}',
    '\0',
  ]) {
    t.throws(() => read(text), /well-formed|no element/, text);
  }
  t.throws(() => read('<a hasOwnProperty="1" b="2"/>'), Error, 'nothing but an Error');
});

const laughs = Array.from(
  { length: 10 },
  (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`,
);

/** The longest that is read at all. */
const bytes = 2 * 2 ** 20;
const filled = (begin: string, piece: string, end: string): string =>
  begin + piece.repeat(Math.floor((bytes - begin.length - end.length) / piece.length)) + end;

t.test('what is made to exhaust whoever reads it is refused', async (t) => {
  const hostile: Record<string, [text: string, refusal: RegExp]> = {
    'billion laughs': [
      `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">${laughs.join('')}]><a>&l10;</a>`,
      /a document type is not taken/,
    ],
    'an entity of a file': [
      '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
      /document type/,
    ],
    'a document type elsewhere': ['<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', /document type/],
    'a document type without end': [filled('<!DOCTYPE a [', '<!ENTITY a "b">', ''), /well-formed/],
    '10 MB': [`<a>${'x'.repeat(10_000_000)}</a>`, /more than 2097152 bytes/],
    'deep nesting': [filled('', '<a>', ''), /more than 64 levels/],
    'many elements': [filled('<a>', '<b/>', '</a>'), /more than 50000 elements/],
    'a comment without end': [filled('<a><!--', '-', ''), /well-formed/],
    'a name without end': [filled('<', 'a', ''), /well-formed/],
  };
  for (const [name, [text, refusal]] of Object.entries(hostile)) {
    t.throws(() => read(text), refusal, name);
    // Of 2 MiB that are read to their end: some tenth of a second.
    t.ok(cpuMs(() => t.throws(() => read(text))) < 1000, name);
  }
});

t.test('the time that reading takes grows with the length alone', async (t) => {
  const documents: Record<string, string> = {
    attributes: `<a ${Array.from({ length: 100_000 }, (_, i) => `a${i}="b"`).join(' ')}/>`,
    'the same attribute': filled('<a ', 'a="b" ', '/>'),
    text: filled('<a>', 'x ', '</a>'),
    'character references': filled('<a>', '&#120;', '</a>'),
    'CDATA sections': filled('<a>', '<![CDATA[x]]>', '</a>'),
    comments: filled('<a>', '<!---->', '</a>'),
    instructions: filled('<a>', '<?a?>', '</a>'),
    'prefixes without end': filled('<a>', ':', '</a>'),
  };
  for (const [name, text] of Object.entries(documents)) {
    const ms = cpuMs(() => read(text));
    t.ok(ms < 1000, `${name}: ${ms.toFixed(0)} ms for ${text.length} bytes`);
  }
});
