/**
 * A text that may hold stream addresses, fit to be shown: user, password and query of every URL are taken out, and
 * so are the values of a GStreamer pipeline's password properties. Takes out too much rather than too little.
 */
export function redactSource(text: string): string {
  // A text that is one address: a malformed password may hold blanks, slashes or an @.
  const address = /^[a-z][a-z0-9+.-]*:\/+/i.exec(text)?.[0];
  const first = address === undefined ? text : text.replace(/^([^:]*:\/+).*@/s, '$1***@');
  return first
    .replace(/(:\/+)\S*@/g, '$1***@')
    .replace(/(:\/+[^\s?#]*)[?#]\S*/g, '$1?***')
    .replace(/\b([\w-]*(?:pw|password|passwd|secret|token))\s*=\s*("[^"]*"|'[^']*'|\S+)/gi, '$1=***');
}
