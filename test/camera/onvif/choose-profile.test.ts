import t from 'tap';
import { chooseProfile } from '../../../src/camera/onvif/choose-profile.js';
import type { MediaProfile } from '../../../src/camera/onvif/onvif-device.js';

/** `ENCODING WIDTHxHEIGHT@FPS`, a - for what is not stated. */
function profile(text: string): MediaProfile {
  const [, encoding, width, height, fps] = /^(\S+) (\S+?)(?:x(\d+))?@(\S+)$/.exec(text) ?? [];
  const number = (value: string | undefined) => (value === undefined || value === '-' ? null : Number(value));
  return {
    token: text,
    name: text,
    encoding: encoding === '-' ? null : (encoding as string),
    width: number(width),
    height: number(height),
    fps: number(fps),
    service: { version: 1, path: '/' },
  };
}

const wanted = { width: 456, height: 256, fps: 10 };

function chosen(...profiles: string[]): string | undefined {
  const forth = chooseProfile(profiles.map(profile), wanted)?.name;
  const back = chooseProfile(profiles.toReversed().map(profile), wanted)?.name;
  t.equal(forth, back, 'the order does not matter');
  return forth;
}

t.test('the smallest that need not be enlarged', async (t) => {
  t.equal(
    chosen('H264 2688x1520@25', 'H264 1280x720@25', 'H264 640x360@25', 'H264 320x180@25'),
    'H264 640x360@25',
  );
  t.equal(chosen('H264 1920x1080@25', 'H264 352x288@25'), 'H264 352x288@25', 'one side is enough');
  t.equal(chosen('H264 456x256@25', 'H264 457x257@25'), 'H264 456x256@25', 'as large is large enough');
});

t.test('the largest where all are small', async (t) => {
  t.equal(chosen('H264 320x180@25', 'H264 160x90@25', 'H264 -@25'), 'H264 320x180@25');
});

t.test('one that sends enough, also where it is larger', async (t) => {
  t.equal(chosen('H264 1920x1080@25', 'H264 640x360@5'), 'H264 1920x1080@25');
  t.equal(chosen('H264 1920x1080@5', 'H264 640x360@5'), 'H264 640x360@5', 'none does');
  t.equal(chosen('H264 640x360@10', 'H264 1280x720@25'), 'H264 640x360@10', 'as many as wanted are enough');
  t.equal(chosen('H264 640x360@10', 'H264 640x360@25'), 'H264 640x360@25', 'more where it costs no size');
  t.equal(chosen('H264 640x360@-', 'H264 1280x720@25'), 'H264 640x360@-', 'unknown is no fault');
  t.equal(chosen('H264 320x180@25', 'H264 640x360@1'), 'H264 640x360@1', 'size goes first');
});

t.test('H.264 where it is as good otherwise', async (t) => {
  t.equal(chosen('H265 640x360@25', 'H264 640x360@25', 'JPEG 640x360@25'), 'H264 640x360@25');
  t.equal(chosen('H265 640x360@25', 'H264 1280x720@15'), 'H264 1280x720@15');
  t.equal(chosen('JPEG 640x360@25', 'H264 640x360@5'), 'JPEG 640x360@25', 'the rate goes first');
  t.equal(chosen('H265 1280x720@25', '- 640x360@25'), '- 640x360@25');
});

t.test('of nothing nothing', async (t) => {
  t.equal(chooseProfile([], wanted), undefined);
});
