import { readFileSync } from 'node:fs';
import t from 'tap';
import { readDecodeFacts } from '../../src/models/decode-facts.js';
import { type DecoderFamily, decodeOptions, tensorRoles } from '../../src/models/decode-options.js';

const text = readFileSync('docs/models.md', 'utf8');
const families = Object.keys(decodeOptions) as DecoderFamily[];

t.test('docs/models.md names every role and every decoder option with its default', async (t) => {
  for (const family of families) {
    const rows = text.split('\n').filter((line) => line.startsWith(`| \`${family}\` |`));
    t.equal(rows.length, 2, `${family}: a row among the families and one among the options`);
    for (const role of tensorRoles[family]) t.match(rows[0], `\`${role.replace('?', '')}\``);
    const defaults = readDecodeFacts(family).data as Record<string, unknown>;
    for (const [name, value] of Object.entries(defaults)) {
      const written = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const shown = Array.isArray(value) ? "(trt_pose's own)" : String(value);
      t.match(rows[1], `\`${written}\` ${shown}`, `${family}: ${written}`);
    }
  }
});
