import t from 'tap';
import { fillFragments } from '../../../scripts/docs/fragments.js';

const makers = { name: (argument: string) => `made of "${argument}"` };

t.test('the text between the markers is replaced, all other text is kept', async (t) => {
  const text =
    'a\n<!-- generated: name x y -->\nold\n<!-- /generated -->\nb\n<!-- generated: name -->\n<!-- /generated -->\n';
  const filled = fillFragments(text, makers);
  t.equal(
    filled,
    'a\n<!-- generated: name x y -->\n\nmade of "x y"\n\n<!-- /generated -->\nb\n' +
      '<!-- generated: name -->\n\nmade of ""\n\n<!-- /generated -->\n',
  );
  t.equal(fillFragments(filled, makers), filled, 'filling again changes nothing');
  t.equal(fillFragments('no markers $& $1', makers), 'no markers $& $1');
});

t.test('a part that nobody makes, or without an end, is an error', async (t) => {
  t.throws(
    () => fillFragments('<!-- generated: other -->\n<!-- /generated -->', makers),
    /nothing makes "other"/,
  );
  t.throws(() => fillFragments('<!-- generated: name -->\nno end', makers), /is missing/);
  t.throws(
    () => fillFragments('<!-- generated: name -->\n<!-- generated: name -->\n<!-- /generated -->', makers),
    /is missing/,
  );
});
