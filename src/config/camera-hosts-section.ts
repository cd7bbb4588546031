import { z } from 'zod';
import { isNamedHost } from '../network/endpoint.js';
import { eachOnce } from './each-once.js';
import { key } from './key.js';

/** A fingerprint as cameras, browsers and openssl print it: hex digits, in pairs or not. */
const fingerprint = z
  .string()
  .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i)
  .overwrite((text) => text.replaceAll(':', '').toLowerCase());

const cameraHost = z
  .strictObject({
    host: key(z.string().max(300).refine(isNamedHost), {
      about: 'The host, or host and port, as the sources of cameras name it.',
      applies: 'cameras',
      localOnly: 'always',
      expected: 'a host or host:port, like 192.0.2.7 or camera.example.com:322',
      examples: ['192.0.2.7', 'camera.example.com:322'],
    }),
    fingerprint: key(fingerprint.optional(), {
      about:
        "SHA-256 fingerprint of the certificate that it shows; then that one alone is accepted, whoever issued it. For cameras' " +
        'own certificates.',
      applies: 'cameras',
      localOnly: 'always',
      expected: 'a SHA-256 fingerprint: 64 hex digits, with or without colons',
      examples: [
        '50:D8:58:E0:98:5E:CC:7F:60:41:8A:AF:0C:C5:AB:58:7F:42:C2:57:0A:88:40:95:A9:E8:CC:AC:D0:F6:54:5C',
      ],
    }),
    ca_file: key(z.string().min(1).max(4096).optional(), {
      about:
        'PEM file with the authorities that may have issued its certificate; those that Node.js knows where left out. The certificate ' +
        'must be for the host as the source names it.',
      applies: 'cameras',
      localOnly: 'always',
      expected: 'the path of a file',
      examples: ['/etc/edge-pose-agent/cameras-ca.pem'],
    }),
    allow_remote: key(z.boolean().default(false), {
      about:
        'true lets cameras of remote documents be on this host where it is this machine itself, or has a link-local or other ' +
        'address that they do not reach otherwise.',
      applies: 'cameras',
      localOnly: 'always',
    }),
  })
  .superRefine(({ fingerprint, ca_file }, context) => {
    if (fingerprint === undefined || ca_file === undefined) return;
    const expected = 'nothing, because fingerprint is set';
    context.addIssue({ code: 'custom', message: expected, path: ['ca_file'], params: { expected } });
  });

/** What only somebody at the box may say of the hosts that cameras are read from. */
export const cameraHostsSection = key(z.array(cameraHost).max(64).superRefine(eachOnce('host')).default([]), {
  about:
    'How hosts of rtsps://, https:// and rtmps:// cameras prove themselves where the authorities that Node.js knows do not vouch for them, and which ' +
    'hosts remote documents may name although they are on this machine.',
  applies: 'cameras',
  localOnly: 'always',
});
