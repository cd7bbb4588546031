import { hideParameters } from '../secret-parameters.js';

/** Properties of a GStreamer pipeline; what is left of a query holds none any more. */
const secretParameter = {
  name: /(?:pw|password|passwd|secret|token)$/i,
  value: /"[^"]*"|'[^']*'|\S+/y,
  blanks: true,
};

/**
 * A text that may hold stream addresses, fit to be shown: user, password and query of every URL are taken out, and
 * so are the values of a GStreamer pipeline's password properties. Takes out too much rather than too little. Its cost
 * grows with the length of the text alone.
 */
export function redactSource(text: string): string {
  // A text that is one address: a malformed password may hold blanks, slashes or an @.
  const scheme = /^[a-z][a-z0-9+.-]*:\/+/i.exec(text)?.[0];
  const first = scheme === undefined ? text : withoutUserInfo(text, scheme.length);
  return hideParameters(first.replace(/\S+/g, withoutSecrets), secretParameter);
}

function withoutUserInfo(address: string, from: number): string {
  const at = address.lastIndexOf('@');
  return at < from ? address : `${address.slice(0, from)}***${address.slice(at)}`;
}

/** Of a word that holds an address somewhere: what is before its last @, and its query. */
function withoutSecrets(word: string): string {
  const colon = word.indexOf(':/');
  if (colon < 0) return word;
  let from = colon + 2;
  while (word.charAt(from) === '/') from++;
  const address = withoutUserInfo(word, from);
  const query = address.slice(from).search(/[?#]/);
  return query < 0 ? address : `${address.slice(0, from + query)}?***`;
}
