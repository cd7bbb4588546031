import { AgentError } from '../errors.js';
import { endpointOf, isSameEndpoint } from '../network/endpoint.js';
import { redactSource } from './redact-source.js';
import { judgeTransport } from './rtsp-transport.js';
import { type RtspRefusal, RtspWatch } from './rtsp-watch.js';
import { type RelayWatch, TcpRelay } from './tcp-relay.js';

/** A camera that redirects to itself again and again would hold whoever follows it for ever. */
const maxRedirects = 5;

/**
 * The relay of an RTSP camera: its redirects are not followed, and its media come from nowhere but itself. Those that
 * come by UDP do not cross here.
 */
export class RtspRelay extends TcpRelay {
  #redirects = 0;

  protected override watch(address: () => string): RelayWatch {
    const { transports = ['tcp'], endpoint, policy } = this.options;
    const watch = new RtspWatch({
      onRedirect: (location) => this.#redirected(location),
      onTransport: (answer) => judgeTransport(answer, { transports, endpoint, policy, address: address() }),
    });
    return {
      sent: (chunk) => watch.sent(chunk),
      received: (chunk) => {
        const { pass, refusal } = watch.received(chunk);
        return refusal === undefined ? { pass } : { pass, refusal: this.#refused(refusal) };
      },
    };
  }

  #refused(refusal: RtspRefusal): AgentError {
    switch (refusal.kind) {
      case 'malformed':
        return this.#error('CAMERA_OPEN_FAILED', `it answers what is not RTSP (${refusal.reason})`);
      case 'transport':
        return this.#error('CAMERA_OPEN_FAILED', `it wants to send by ${refusal.reason}`);
      case 'redirected':
        return this.#error('CAMERA_REDIRECTED', `it ${this.#redirectText(refusal.location)}`);
    }
  }

  /** A camera may send its client elsewhere on itself, and by no other way than this one. */
  #redirected(location: string): string | undefined {
    const target = endpointOf(location);
    if (target === undefined || !isSameEndpoint(target, this.options.endpoint)) return undefined;
    if (++this.#redirects > maxRedirects) return undefined;
    const { pathname, search } = new URL(location);
    return `rtsp://127.0.0.1:${this.port}${pathname}${search}`;
  }

  /** A remote document learns nothing of what answers. */
  #redirectText(location: string | undefined): string {
    const told = !this.options.policy.remote && location !== undefined && endpointOf(location) !== undefined;
    const where = told ? redactSource(location) : 'another address';
    return `redirects to ${where}, which is not followed: configure that address`;
  }

  #error(code: AgentError['code'], reason: string): AgentError {
    return new AgentError(code, `${this.options.description} cannot be opened: ${reason}`);
  }
}
