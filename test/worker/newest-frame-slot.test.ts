import fc from 'fast-check';
import t from 'tap';
import type { Frame } from '../../src/camera/frame-source.js';
import { NewestFrameSlot } from '../../src/worker/newest-frame-slot.js';

class CountedFrame implements Frame {
  readonly capturedAt = 0;
  readonly capturedMonotonic = 0;
  readonly width = 1;
  readonly height = 1;
  releases = 0;

  constructor(readonly seq: number) {}

  pixels(): Uint8Array {
    return new Uint8Array(3);
  }

  release(): void {
    this.releases++;
  }
}

t.test('a newer frame takes the place of an older one, which is released once and counted', async (t) => {
  const slot = new NewestFrameSlot();
  const frames = [0, 1, 2].map((seq) => new CountedFrame(seq));
  for (const frame of frames) await slot.put(frame);
  t.equal((await slot.take())?.seq, 2);
  t.strictSame(
    frames.map((frame) => frame.releases),
    [1, 1, 0],
  );
  t.equal(slot.dropped, 2);
});

t.test('a taker waits for the next frame', async (t) => {
  const slot = new NewestFrameSlot();
  const taking = slot.take();
  const frame = new CountedFrame(7);
  await slot.put(frame);
  t.equal(await taking, frame);
});

t.test('close lets the last frame be taken, then gives null to everybody', async (t) => {
  const slot = new NewestFrameSlot();
  await slot.put(new CountedFrame(0));
  slot.close();
  t.ok(await slot.waiting());
  t.equal((await slot.take())?.seq, 0);
  t.notOk(await slot.waiting());
  t.equal(await slot.take(), null);
  const late = new CountedFrame(1);
  await slot.put(late);
  t.equal(late.releases, 1);
  t.equal(slot.dropped, 1);
});

t.test('close wakes those who wait for a frame', async (t) => {
  const slot = new NewestFrameSlot();
  const waiting = [slot.take(), slot.take()];
  slot.close();
  t.strictSame(await Promise.all(waiting), [null, null]);
});

t.test('abandon releases the frame that waits', async (t) => {
  const slot = new NewestFrameSlot();
  const frame = new CountedFrame(0);
  await slot.put(frame);
  slot.abandon();
  t.equal(frame.releases, 1);
  t.equal(await slot.take(), null);
});

t.test('with back-pressure put waits until the slot is free, and nothing is dropped', async (t) => {
  const slot = new NewestFrameSlot({ backPressure: true });
  await slot.put(new CountedFrame(0));
  let isIn = false;
  const second = slot.put(new CountedFrame(1)).then(() => {
    isIn = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(isIn, 'the slot is full');
  t.equal((await slot.take())?.seq, 0);
  await second;
  t.equal((await slot.take())?.seq, 1);
  t.equal(slot.dropped, 0);
});

t.test('with back-pressure close frees a put that waits and drops its frame', async (t) => {
  const slot = new NewestFrameSlot({ backPressure: true });
  await slot.put(new CountedFrame(0));
  const late = new CountedFrame(1);
  const putting = slot.put(late);
  slot.close();
  await putting;
  t.equal(late.releases, 1);
  t.equal(slot.dropped, 1);
});

t.test(
  'captured = taken + dropped + waiting, whatever the order; no frame is lost or given twice',
  async () => {
    const action = fc.constantFrom('put', 'put', 'take', 'yield', 'close');
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.boolean(), async (actions, backPressure) => {
        const slot = new NewestFrameSlot({ backPressure });
        const frames: CountedFrame[] = [];
        const taken: Frame[] = [];
        const takes: Promise<void>[] = [];
        const puts: Promise<void>[] = [];
        for (const action of actions) {
          if (action === 'put') {
            const frame = new CountedFrame(frames.length);
            frames.push(frame);
            puts.push(slot.put(frame));
          } else if (action === 'take') {
            takes.push(
              slot.take().then((frame) => {
                if (frame !== null) taken.push(frame);
              }),
            );
          } else if (action === 'yield') await new Promise((resolve) => setImmediate(resolve));
          else slot.close();
          const left = slot.captured - slot.taken - slot.dropped;
          if (left !== 0 && left !== 1) return false;
        }
        slot.abandon();
        await Promise.all([...puts, ...takes]);
        const released = frames.filter((frame) => frame.releases === 1).length;
        const seqs = taken.map((frame) => frame.seq);
        const inOrder = seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] as number));
        return (
          slot.captured === frames.length &&
          slot.captured === slot.taken + slot.dropped &&
          slot.taken === taken.length &&
          slot.dropped === released &&
          frames.every((frame) => frame.releases <= 1) &&
          inOrder
        );
      }),
      { numRuns: 3000 },
    );
  },
);
