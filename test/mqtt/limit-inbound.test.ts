import fc from 'fast-check';
import t from 'tap';
import { PacketMeter } from '../../src/mqtt/limit-inbound.js';

/** A packet of MQTT with a body of so many bytes. */
function packet(length: number): Buffer {
  const lengthBytes: number[] = [];
  let left = length;
  do {
    lengthBytes.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([0x30, ...lengthBytes]), Buffer.alloc(length, 0xff)]);
}

t.test('finds every packet that is too large, and no other, however the stream is cut', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(300), fc.nat(40_000)), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
      (lengths, cuts) => {
        const packets = lengths.map(packet);
        const found: number[] = [];
        const meter = new PacketMeter(20_000, (bytes) => found.push(bytes));
        const stream = Buffer.concat(packets);
        for (let at = 0, n = 0; at < stream.length; n++) {
          const size = cuts[n % cuts.length] as number;
          meter.take(stream.subarray(at, at + size));
          at += size;
        }
        const expected = packets.map((one) => one.length).filter((bytes) => bytes > 20_000);
        return expected.join() === found.join();
      },
    ),
  );
});

t.test('the announcement is enough', async (t) => {
  const found: number[] = [];
  const meter = new PacketMeter(65_536, (bytes) => found.push(bytes));
  meter.take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
  t.strictSame(found, [268_435_455 + 5], '256 MiB are announced, none of them came');
});
