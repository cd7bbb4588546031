import t from 'tap';
import { WorkerOutput } from '../../src/agent/worker-output.js';

function scene() {
  const told: [string, number][] = [];
  let now = 0;
  const output = new WorkerOutput({ tell: (line, more) => told.push([line, more]), clock: () => now });
  return {
    told,
    output,
    pass: (ms: number): void => {
      now += ms;
    },
  };
}

t.test('lines that differ in their numbers only are told three times a minute, then counted', async (t) => {
  const { told, output, pass } = scene();
  const torn = (bytes: number): string => `Corrupt JPEG data: ${bytes} extraneous bytes before marker 0xd9`;
  for (let i = 0; i < 1000; i++) output.line(torn(i));
  output.line('something else');
  t.strictSame(told.splice(0), [
    [torn(0), 0],
    [torn(1), 0],
    [torn(2), 0],
    ['something else', 0],
  ]);
  pass(60_000);
  output.line(torn(5));
  t.strictSame(told.splice(0), [
    ['Corrupt JPEG data: # extraneous bytes before marker #', 997],
    [torn(5), 0],
  ]);
  output.summarise();
  t.strictSame(told, [], 'nothing was kept back since');
});

t.test('what is new with every line is bounded, too', async (t) => {
  const { told, output, pass } = scene();
  const word = (i: number): string => String.fromCharCode(97 + (i % 26), 97 + ((i / 26) % 26));
  for (let i = 0; i < 600; i++) output.line(word(i));
  t.equal(told.length, 64);
  pass(60_000);
  output.line('xx');
  t.equal(told.length, 65);
});
