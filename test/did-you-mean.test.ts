import fc from 'fast-check';
import t from 'tap';
import { didYouMean } from '../src/did-you-mean.js';

t.test('slips of the keyboard, and nothing far off', async (t) => {
  const known = ['threads', 'requests', 'mqtt', 'model', 'id'];
  t.equal(didYouMean('thread', known), 'threads');
  t.equal(didYouMean('reuqests', known), 'requests', 'swapped neighbours');
  t.equal(didYouMean('MQTT', known), 'mqtt');
  t.equal(didYouMean('modle', known), 'model');
  t.equal(didYouMean('camera', known), undefined);
  t.equal(didYouMean('', known), undefined);
  t.equal(didYouMean('x'.repeat(1_000_000), known), undefined);
});

t.test('one letter too many still finds the name', async () => {
  fc.assert(
    fc.property(fc.constantFrom('threads', 'requests', 'keepalive_s'), fc.nat(6), (name, at) => {
      return (
        didYouMean(`${name.slice(0, at)}q${name.slice(at)}`, ['threads', 'requests', 'keepalive_s']) === name
      );
    }),
  );
});
