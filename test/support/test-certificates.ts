import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Authorities and what they sign, made with openssl in a folder of their own. */
export class TestCertificates {
  readonly #folder = mkdtempSync(join(tmpdir(), 'certificates-'));

  authority(name: string): CertificateFiles {
    const files = this.#files(name);
    this.#openssl([
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', files.key, '-out', files.cert],
    ]);
    return files;
  }

  /** `subject` is an extension such as `IP:127.0.0.1`; negative days: it has expired. */
  issue(name: string, options: { by: CertificateFiles; subject: string; days?: number }): CertificateFiles {
    const files = this.#files(name);
    const request = join(this.#folder, `${name}.csr`);
    const extensions = join(this.#folder, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${options.subject}\n`);
    this.#openssl([
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', files.key, '-out', request],
    ]);
    this.#openssl([
      ...[
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        options.by.cert,
        '-CAkey',
        options.by.key,
        '-CAcreateserial',
      ],
      ...['-days', String(options.days ?? 2), '-extfile', extensions, '-out', files.cert],
    ]);
    return files;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #files(name: string): CertificateFiles {
    return { cert: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) };
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
