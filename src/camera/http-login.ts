import { randomBytes } from 'node:crypto';
import { digestAuthorization, digestRank } from './digest-access.js';
import { type Challenge, parseChallenges } from './www-authenticate.js';

/** Where a server demands a login and does not say which: cheap cameras mean this one. */
const unnamed: Challenge = { scheme: 'basic', parameters: new Map() };

/**
 * A user's login at one origin: Basic or Digest, whichever is the strongest that the server offers. It says nothing before
 * it is asked, so that no password goes in clear to a server that can do without.
 */
export class HttpLogin {
  readonly #user: string;
  readonly #password: string;
  #challenge: Challenge | undefined;
  #clientNonce = '';
  /** Requests with the present nonce. */
  #count = 0;

  /** User and password as an address holds them. */
  constructor({ username, password }: URL) {
    this.#user = decode(username);
    this.#password = decode(password);
  }

  /** The Authorization header of the next request; undefined where none is known to be wanted. */
  authorization(method: string, uri: string): string | undefined {
    if (this.#challenge === undefined) return undefined;
    const [user, password] = [this.#user, this.#password];
    if (this.#challenge.scheme === 'basic') {
      return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    }
    const clientNonce = this.#clientNonce;
    return digestAuthorization(this.#challenge, {
      user,
      password,
      method,
      uri,
      clientNonce,
      count: ++this.#count,
    });
  }

  /**
   * A request was answered with 401 and this WWW-Authenticate header. True where it is worth another try: nothing was sent
   * yet, or the nonce has run out. `tries`: those before, of the same request. One that knew Digest gets no Basic later.
   */
  answers(header: string | undefined, tries: number): boolean {
    if (this.#user === '' && this.#password === '') return false;
    const challenge = strongest(header);
    if (challenge === undefined) return false;
    const isStale = challenge.parameters.get('stale')?.toLowerCase() === 'true';
    const wasRefused = challenge.scheme === 'basic' ? this.#challenge !== undefined : tries > 0 && !isStale;
    // One that calls each nonce stale would have us ask for ever.
    if (wasRefused || tries > 1) return false;
    this.#challenge = challenge;
    this.#clientNonce = randomBytes(16).toString('hex');
    this.#count = 0;
    return true;
  }
}

/** True where a server offers a way to log in that is known here. */
export function offersKnownLogin(header: string | undefined): boolean {
  return strongest(header) !== undefined;
}

function strongest(header: string | undefined): Challenge | undefined {
  const challenges = parseChallenges(header ?? '');
  if (challenges.length === 0) return unnamed;
  const digests = challenges.filter((challenge) => digestRank(challenge) >= 0);
  const [best] = digests.sort((one, other) => digestRank(other) - digestRank(one));
  return best ?? challenges.find(({ scheme }) => scheme === 'basic');
}

/** An address may hold a % that stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
