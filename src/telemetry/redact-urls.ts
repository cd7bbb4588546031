/** A URL as far as the next space or quote, inside JSON too; taken whole, so that a long line is read once. */
const url = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)((?:\\.|[^\s"\\])*)/gi;

/**
 * `…password=`, `…token=` and their like, quoted or not: URL queries of cameras, properties of GStreamer elements.
 * A bare quote is taken for an opening one only where that cannot swallow a part of JSON.
 */
const secretParameter =
  /\b([a-z0-9_-]{0,30}(?:password|passwd|passphrase|pwd|token|secret|api[_-]?key)|pass|user-pw|proxy-pw)=(?:\\"[^"]*"|"[^"\s:,]*"|'[^'"]*'|(?:\\.|[^\s"\\&;,!])+)/gi;

/**
 * The text with the credentials of every URL in it replaced by `***`: user and password before the host, and
 * parameters that are named like a secret. Works on plain text and on text inside JSON. Where it is unclear how
 * far a password reaches, more is hidden rather than less.
 */
export function redactUrls(text: string): string {
  let redacted = text;
  if (redacted.includes('@')) redacted = redacted.replace(url, withoutUserInfo);
  if (redacted.includes('=')) redacted = redacted.replace(secretParameter, '$1=***');
  return redacted;
}

/** Up to the last @: passwords with a bare / or @ are common. */
function withoutUserInfo(whole: string, scheme: string, rest: string): string {
  const at = rest.lastIndexOf('@');
  return at < 0 ? whole : `${scheme}***${rest.slice(at)}`;
}
