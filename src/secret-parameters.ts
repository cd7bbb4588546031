/** How a text writes `name=value`, and which names are those of secrets. */
export interface ParameterForm {
  /** Matches where the characters before the = end with such a name, in a letter; it sees the last 32 of them. */
  readonly name: RegExp;
  /** The value, from where it begins: sticky. */
  readonly value: RegExp;
  /** Blanks may stand on both sides of the =. */
  readonly blanks: boolean;
}

/** Longer than any name that is looked for, with a character before it. */
const longestName = 32;

/**
 * The text with the value of every parameter that is named like a secret replaced by `***`. One scan from = to =, so
 * that its cost grows with the length of the text and with nothing else: a regular expression that began at the name
 * would look for an = from every letter of it.
 */
export function hideParameters(text: string, { name, value, blanks }: ParameterForm): string {
  let hidden = '';
  /** Up to there it is in `hidden`. */
  let done = 0;
  for (let equals = text.indexOf('='); equals !== -1; equals = text.indexOf('=', equals + 1)) {
    if (equals < done) continue; // within a value
    let nameEnd = equals;
    let valueStart = equals + 1;
    if (blanks) {
      while (nameEnd > done && isBlank(text, nameEnd - 1)) nameEnd--;
      while (isBlank(text, valueStart)) valueStart++;
    }
    if (!isLetter(text.charCodeAt(nameEnd - 1))) continue;
    if (!name.test(text.slice(Math.max(done, nameEnd - longestName), nameEnd))) continue;
    value.lastIndex = valueStart;
    if (!value.test(text)) continue;
    hidden += `${text.slice(done, valueStart)}***`;
    done = value.lastIndex;
  }
  return done === 0 ? text : hidden + text.slice(done);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code > 0x7f && /\s/.test(text.charAt(at)));
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
