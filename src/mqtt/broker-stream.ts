import { statSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AgentError } from '../errors.js';
import { readBoundedSync } from '../read-bounded.js';
import type { BrokerAddress } from './broker-url.js';

/** Paths of PEM files; without `ca` the system's authorities are trusted. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Begins a connection to the broker. Certificates are read anew each time, so renewed ones are taken up; a
 * broker whose certificate does not prove its name is never spoken to.
 * Throws AgentError MQTT_TLS_FILE_UNREADABLE.
 */
export function openBrokerStream({ host, port, secure }: BrokerAddress, files: TlsFiles = {}): Socket {
  const socket = secure
    ? connectTls({
        host,
        port,
        ...readTlsFiles(files),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true, // whatever the environment says
        ...(isIP(host) === 0 ? { servername: host } : {}),
      })
    : connectTcp({ host, port });
  // A pose is a small write that nothing follows: Nagle's algorithm would hold it back for the last one's ACK.
  socket.setNoDelay(true);
  return socket;
}

/** Throws AgentError MQTT_TLS_FILE_UNREADABLE. */
export function readTlsFiles(files: TlsFiles): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ...(files.ca === undefined ? {} : { ca: readPem('ca', files.ca) }),
    ...(files.cert === undefined ? {} : { cert: readPem('cert', files.cert) }),
    ...(files.key === undefined ? {} : { key: readPem('key', files.key) }),
  };
}

/** What is to be said of a private key that every user of the machine can read; undefined where all is well. */
export function exposedKey({ key }: TlsFiles = {}): string | undefined {
  const mode = key === undefined ? 0 : (statSync(key, { throwIfNoEntry: false })?.mode ?? 0);
  if ((mode & 0o004) === 0) return undefined;
  return `MQTT TLS key ${key}: every user of this machine can read it; chmod 600 it`;
}

/** The bundle of every authority that an operating system trusts has a quarter of a megabyte. */
const maxPemBytes = 4 * 1024 * 1024;

function readPem(what: string, path: string): Buffer {
  let content: Buffer;
  try {
    content = readBoundedSync(path, maxPemBytes);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new AgentError('MQTT_TLS_FILE_UNREADABLE', `MQTT TLS ${what} ${path}: ${reason}`, { cause: error });
  }
  if (!content.includes('-----BEGIN ')) {
    throw new AgentError(
      'MQTT_TLS_FILE_UNREADABLE',
      `MQTT TLS ${what} ${path}: expected PEM, found no -----BEGIN line`,
    );
  }
  return content;
}
