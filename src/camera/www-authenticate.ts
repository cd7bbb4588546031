/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case: basic, digest … */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const separators = /[\s,]*/y;
const token = /[\w!#$%&'*+.^`|~-]+/y;
const equals = /[ \t]*=[ \t]*/y;
const plainValue = /[^\s,]*/y;

/** The challenges of a WWW-Authenticate header, or of several that are joined by commas (RFC 9110, 11.6.1). What is none is
 *  passed over. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(header)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  while (at < header.length) {
    take(separators);
    const name = take(token)?.toLowerCase();
    if (name === undefined) {
      at++; // no name begins so
    } else if (take(equals) === undefined) {
      challenges.push({ scheme: name, parameters: new Map() });
    } else {
      const quoted = readQuoted(header, at);
      at = quoted?.end ?? at;
      const value = quoted?.text ?? take(plainValue) ?? '';
      const parameters = challenges.at(-1)?.parameters;
      if (parameters?.has(name) === false) parameters.set(name, value);
    }
  }
  return challenges;
}

/** A quoted string, without its quotes; one that is not closed goes to the end. */
function readQuoted(header: string, from: number): { text: string; end: number } | undefined {
  if (header[from] !== '"') return undefined;
  let text = '';
  let at = from + 1;
  for (; at < header.length && header[at] !== '"'; at++) {
    if (header[at] === '\\') at++;
    text += header[at] ?? '';
  }
  return { text, end: Math.min(at + 1, header.length) };
}
