import t from 'tap';
import { createLogger } from '../../src/telemetry/logger.js';

function capture(options: { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  return { lines, destination: { ...options, write: (text: string) => lines.push(text) } };
}

t.test('JSON where no terminal is: one line, level by name, ISO time', async (t) => {
  const { lines, destination } = capture();
  const log = createLogger({ destination });
  log.info({ camera: 'front', fps: 30 }, 'camera open');
  log.debug('not at level info');
  t.equal(lines.length, 1);
  t.ok(lines[0]?.endsWith('}\n'));
  const entry = JSON.parse(lines[0] ?? '');
  t.match(entry, { level: 'info', camera: 'front', fps: 30, msg: 'camera open' });
  t.ok(Math.abs(Date.parse(entry.time) - Date.now()) < 5000);
  t.strictSame(Object.keys(entry), ['level', 'time', 'camera', 'fps', 'msg'], 'and no pid or host name');
});

t.test('a line for people on a terminal', async (t) => {
  const { lines, destination } = capture({ isTTY: true });
  const log = createLogger({ destination, level: 'debug' }).child({ camera: 'front' });
  log.warn({ where: 'a b', n: 2, list: [1] }, 'camera \u001b[31mlost');
  t.match(
    lines[0],
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}camera \[31mlost camera=front where="a b" n=2 list=\[1\]\n$/,
  );
  log.error({ err: new Error('broken') }, 'it failed');
  t.match(lines[1], /ERROR it failed camera=front\n {2}Error: broken\n {6}at .*\n/);
});

t.test('credentials are gone at every level and depth, in both formats', async (t) => {
  for (const isTTY of [false, true]) {
    const { lines, destination } = capture({ isTTY });
    const log = createLogger({ destination, level: 'trace' });
    const url = 'rtsp://admin:hunter2@cam/1';
    log.trace(`opening ${url}`);
    log.info({ config: { cameras: [{ source: url }] } }, 'deep');
    log.error(new Error(`cannot open ${url}`, { cause: new Error(url) }));
    log.fatal({ err: Object.assign(new Error(url), { url }) }, 'own properties');
    log.child({ url }).warn('bound');
    t.equal(lines.length, 5);
    t.notMatch(lines.join(''), /hunter2/);
    t.match(lines.join(''), /rtsp:\/\/\*\*\*@cam\/1/);
  }
});
