import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { Truth } from '../../scripts/sample/make-clip.js';
import { skipWithout } from '../support/absent.js';

const command = resolve(import.meta.dirname, '../../scripts/make-sample');

function makeSample(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  return spawnSync(command, args, { encoding: 'utf8', env: environment });
}

const ffmpegIsThere = spawnSync('ffprobe', ['-version']).status === 0;
const needsFfmpeg = { skip: skipWithout(ffmpegIsThere, 'ffmpeg and ffprobe on the PATH') };

t.test('a second of video, read back', needsFfmpeg, async (t) => {
  const out = join(t.testdir(), 'deep/clip.mp4');
  const made = makeSample(['--out', out, '--size', '160x90', '--seconds', '1', '--fps', '24']);
  t.equal(made.status, 0, made.stderr);
  t.match(made.stdout, /clip\.mp4 .*: 24 frames, 160x90/);
  t.equal(made.stdout.trim().split('\n').length, 1, 'one line');
  t.equal(made.stderr, '', 'quiet where nobody watches');
  const fields = 'stream=codec_name,pix_fmt,width,height,nb_read_frames,r_frame_rate';
  const probe = spawnSync(
    'ffprobe',
    ['-v', 'error', '-count_frames', '-show_entries', fields, '-of', 'json', out],
    {
      encoding: 'utf8',
    },
  );
  t.match(JSON.parse(probe.stdout), {
    streams: [
      {
        codec_name: 'h264',
        pix_fmt: 'yuv420p',
        width: 160,
        height: 90,
        nb_read_frames: '24',
        r_frame_rate: '24/1',
      },
    ],
  });
  const truth = JSON.parse(readFileSync(out.replace('.mp4', '.json'), 'utf8')) as Truth;
  t.match(truth, { width: 160, height: 90, fps: 24 });
  t.equal(truth.frames.length, 24);
  t.ok(truth.frames.every((frame) => frame.people.every((person) => person.keypoints.length === 18)));
});

t.test('without ffmpeg it says what to install', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'bin'));
  symlinkSync(process.execPath, join(folder, 'bin/node'));
  const environment = { ...process.env, PATH: join(folder, 'bin') };
  const script = resolve(import.meta.dirname, '../../scripts/sample/main.ts');
  const made = spawnSync(
    process.execPath,
    ['--import', 'tsx', script, '--out', join(folder, 'a.mp4'), '--size', '64x36'],
    {
      encoding: 'utf8',
      env: environment,
    },
  );
  t.equal(made.status, 1);
  t.match(made.stderr, /ffmpeg is not on the PATH.*apt install ffmpeg/);
});

t.test('ffmpeg’s own words reach the user', needsFfmpeg, async (t) => {
  const folder = t.testdir({ 'a.mp4': {} });
  const made = makeSample(['--out', join(folder, 'a.mp4'), '--size', '64x36', '--seconds', '1']);
  t.equal(made.status, 1);
  t.match(made.stderr, /ffmpeg failed.*a\.mp4/s);
});

t.test('wrong options end with 2, help with 0', async (t) => {
  const wrong = makeSample(['--size', '3x3']);
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /make-sample: --size: expected/);
  const help = makeSample(['--help']);
  t.equal(help.status, 0);
  t.match(help.stdout, /Examples:/);
});
