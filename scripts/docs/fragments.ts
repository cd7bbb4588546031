/** Makes the text between a pair of markers, from the words behind the marker's name. */
export type FragmentMaker = (argument: string) => string;

/**
 * Fills the generated parts of a document that is otherwise written by hand: what stands between
 * `<!-- generated: NAME ARGUMENT -->` and `<!-- /generated -->` is replaced by what the maker of that name returns.
 * Throws Error where a name has no maker, or a part has no end.
 */
export function fillFragments(text: string, makers: Readonly<Record<string, FragmentMaker>>): string {
  const parts = text.split(/^<!-- generated: (.+) -->$/m);
  let filled = parts[0] as string;
  for (let index = 1; index < parts.length; index += 2) {
    const [marker, rest] = [parts[index] as string, parts[index + 1] as string];
    const [name = '', ...words] = marker.split(' ');
    const maker = makers[name];
    if (maker === undefined) throw new Error(`generated part "${marker}": nothing makes "${name}"`);
    const end = rest.indexOf('\n<!-- /generated -->');
    if (end < 0) throw new Error(`generated part "${marker}": <!-- /generated --> is missing`);
    filled += `<!-- generated: ${marker} -->\n\n${maker(words.join(' '))}\n${rest.slice(end)}`;
  }
  return filled;
}
