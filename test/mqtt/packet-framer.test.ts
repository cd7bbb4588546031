import fc from 'fast-check';
import t from 'tap';
import { PacketFramer } from '../../src/mqtt/packet-framer.js';

/** A packet of MQTT with a body of so many bytes. */
function packet(length: number): Buffer {
  const lengthBytes: number[] = [];
  let left = length;
  do {
    lengthBytes.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([0x30, ...lengthBytes]), Buffer.alloc(length, length % 251)]);
}

/** What a framer found, as text. */
function record(maxBytes: number): { framer: PacketFramer; found: string[] } {
  const found: string[] = [];
  const framer = new PacketFramer(maxBytes, {
    onPacket: (whole) => found.push(`packet ${whole.toString('base64')}`),
    onTooLarge: (size, firstByte) => found.push(`too large ${size} ${firstByte}`),
    onSkipped: (head, size) => found.push(`skipped ${size} ${head.toString('base64')}`),
    onMalformed: () => found.push('malformed'),
  });
  return { framer, found };
}

t.test(
  'every packet is found whole, and of those that are too large the beginning, however it is cut',
  async () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(300), fc.nat(40_000), fc.constant(200_000)), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
        (lengths, cuts) => {
          const packets = lengths.map(packet);
          const { framer, found } = record(20_000);
          const stream = Buffer.concat(packets);
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = cuts[n % cuts.length] as number;
            framer.take(stream.subarray(at, at + size));
            at += size;
          }
          const head = 1 + 4 + 2 + 65_535 + 2;
          const expected = packets.flatMap((one) =>
            one.length <= 20_000
              ? [`packet ${one.toString('base64')}`]
              : [
                  `too large ${one.length} 48`,
                  `skipped ${one.length} ${one.subarray(0, head).toString('base64')}`,
                ],
          );
          return expected.join() === found.join();
        },
      ),
      { numRuns: 50 },
    );
  },
);

t.test('the announcement is enough', async (t) => {
  const { framer, found } = record(65_536);
  framer.take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  t.strictSame(found, [`too large ${268_435_455 + 5} 48`], '256 MiB are announced, none of them came');
  t.equal(framer.skipping, true);
});

t.test('a length without end is the end', async (t) => {
  const { framer, found } = record(65_536);
  framer.take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01, 0x30, 0x00]));
  framer.take(Buffer.from([0x30, 0x00]));
  t.strictSame(found, ['malformed']);
});
