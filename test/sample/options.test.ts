import t from 'tap';
import { parseOptions, UsageError } from '../../scripts/sample/options.js';

t.test('defaults make the clip that is shipped', async (t) => {
  const options = parseOptions([]);
  t.match(options, { width: 960, height: 540, fps: 30, seconds: 20, seed: 1 });
  t.equal(options?.people, undefined);
  t.match(options?.out, /\/media\/sample\.mp4$/);
});

t.test('every option is read', async (t) => {
  const args = '--out a.mp4 --size 1280x720 --fps 25 --seconds 1.5 --people 5 --seed 9'.split(' ');
  t.same(parseOptions(args), {
    out: 'a.mp4',
    width: 1280,
    height: 720,
    fps: 25,
    seconds: 1.5,
    people: 5,
    seed: 9,
  });
});

t.test('help asks for nothing else', async (t) => t.equal(parseOptions(['--help']), undefined));

t.test('a wrong value is named with what was expected', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--size', '961x540'], /--size: expected .* even .* found "961x540"/],
    [['--size', 'large'], /--size: .*"large"/],
    [['--fps', '0'], /--fps: expected a whole number from 1 to 120, found "0"/],
    [['--fps', '29.97'], /--fps: .*"29.97"/],
    [['--seconds', 'ten'], /--seconds: .*"ten"/],
    [['--seconds', ''], /--seconds: .*""/],
    [['--people', '13'], /--people: .*"13"/],
    [['--seed=-1'], /--seed: .*"-1"/],
    [['--out', 'clip.avi'], /--out: .*\.mp4.*"clip\.avi"/],
    [['--colour', 'red'], /--colour/],
    [['clip.mp4'], /clip\.mp4/],
  ];
  for (const [args, message] of wrong) {
    t.throws(() => parseOptions(args), message, args.join(' '));
    t.throws(() => parseOptions(args), UsageError);
  }
});
