/** A text whose %-escapes are read; as it is where they are none, as a bare % in a password that somebody typed. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
