import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { AgentError } from '../errors.js';
import { parseDocument } from './parse-document.js';

/** More than a manifest with every field at its longest needs. */
export const maxEnvelopeBytes = 64 * 1024;

/** A key of the local configuration: its name, and base64 of the 32 bytes of an ed25519 public key. */
export interface TrustedKey {
  readonly name: string;
  readonly key: string;
}

/** Only the one normal spelling of some bytes, so that an envelope cannot be changed and still be the same. */
const base64url = z
  .string()
  .refine(
    (text) => Buffer.from(text, 'base64url').toString('base64url') === text,
    'expected base64url without padding',
  );

const envelopeSchema = z.strictObject({
  /** The exact bytes that were signed: nothing has to be brought into a normal form first. */
  manifest: base64url,
  signatures: z
    .array(
      z.strictObject({ key: z.string().min(1).max(64), sig: base64url.refine((text) => text.length === 86) }),
    )
    .max(8),
});

/**
 * The signed bytes in an envelope, `{"manifest": base64url, "signatures": [{"key": name, "sig": base64url}]}`, where
 * at least one signature is right and by a trusted key.
 * Throws AgentError MODEL_MANIFEST_INVALID where it is no envelope, MODEL_SIGNATURE_INVALID.
 */
export function openEnvelope(bytes: Uint8Array, keys: readonly TrustedKey[]): Buffer {
  if (bytes.length > maxEnvelopeBytes) {
    const message = `The envelope has ${bytes.length} bytes, expected at most ${maxEnvelopeBytes}`;
    throw new AgentError('MODEL_MANIFEST_INVALID', message);
  }
  const { manifest, signatures } = parseDocument(bytes, envelopeSchema, 'The envelope of the manifest');
  const signed = Buffer.from(manifest, 'base64url');
  const reasons = signatures.map(({ key, sig }) => {
    const trusted = keys.find(({ name }) => name === key);
    if (trusted === undefined) return `no trusted key is called ${JSON.stringify(key)}`;
    if (verify(null, signed, publicKey(trusted), Buffer.from(sig, 'base64url'))) return undefined;
    return `the signature by ${JSON.stringify(key)} does not fit`;
  });
  if (reasons.includes(undefined)) return signed;
  const why = reasons.length === 0 ? 'it has no signature' : reasons.join('; ');
  throw new AgentError('MODEL_SIGNATURE_INVALID', `The manifest is not trusted: ${why}`);
}

/** Signs the bytes of a manifest with an ed25519 private key. Returns the envelope, one line of JSON. */
export function sealEnvelope(
  manifest: Uint8Array,
  signers: readonly { name: string; key: KeyObject }[],
): string {
  const signatures = signers.map(({ name, key }) => ({
    key: name,
    sig: sign(null, manifest, key).toString('base64url'),
  }));
  return `${JSON.stringify({ manifest: Buffer.from(manifest).toString('base64url'), signatures })}\n`;
}

function publicKey({ key }: TrustedKey): KeyObject {
  const x = Buffer.from(key, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
