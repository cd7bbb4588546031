import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who logs in with the password. */
export const ownerName = 'owner';

/**
 * The password with which whoever runs the agent may write to its broker, for as long as this agent runs: where it was
 * killed another program can take its port, and a client that does not know of it sends that program the password.
 */
export function drawPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether a password is the one that is expected; takes as long for one that is not. */
export function isPassword(given: Buffer, expected: string): boolean {
  const digest = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
