import { createHash, randomBytes } from 'node:crypto';
import { escapeXml } from './xml-reader.js';

/** A name and a password to log in with. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

const security = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const profile =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
const encoding =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary';

/**
 * The header by which ONVIF logs in (WS-Security UsernameToken): a hash of the password, a number that is used once and
 * `created`, ms since the Unix epoch by the camera's own clock, which may be far off.
 */
export function usernameToken(
  { username, password }: Login,
  created: number,
  nonce = randomBytes(16),
): string {
  const time = new Date(created).toISOString();
  const digest = createHash('sha1').update(nonce).update(time).update(password).digest('base64');
  return (
    `<wsse:Security xmlns:wsse="${security}-wssecurity-secext-1.0.xsd" ` +
    `xmlns:wsu="${security}-wssecurity-utility-1.0.xsd" s:mustUnderstand="1"><wsse:UsernameToken>` +
    `<wsse:Username>${escapeXml(username)}</wsse:Username>` +
    `<wsse:Password Type="${profile}">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${encoding}">${nonce.toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${time}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  );
}
