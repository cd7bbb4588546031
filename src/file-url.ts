/**
 * The path that a file:// URL means, byte by byte: nothing in it is rewritten as in other URLs, where `..`, a backslash or a
 * line break are. Throws Error, whose message says what is wrong with it.
 */
export function filePath(url: string): string {
  const path = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(url)?.[1];
  if (path === undefined) throw new Error('a file URL must be local: file:///path');
  const sign = /[?#]/.exec(path)?.[0];
  if (sign !== undefined) {
    throw new Error(`in a file URL ${sign} is written ${sign === '?' ? '%3F' : '%23'}`);
  }
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new Error('in a file URL % begins a byte of UTF-8, and by itself it is written %25');
  }
  if (decoded.includes('\0')) throw new Error('a path has no NUL character');
  return decoded;
}
