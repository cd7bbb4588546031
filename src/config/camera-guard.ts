import {
  type Endpoint,
  endpointOf,
  endpointText,
  namesEndpoint,
  namesHostOf,
  namesPort,
} from '../network/endpoint.js';
import { parseOnvifAddress } from '../network/onvif-address.js';
import { isBarredByName } from '../network/source-policy.js';
import type { ConfigProblem } from './config-problem.js';
import type { ParsedConfig } from './parse-config.js';

/**
 * What cameras may not have or reach: a secret away from its hosts and, where a remote document names the cameras, a
 * secret without hosts, one in clear to a host that the local file has prove itself, and this machine itself. Names that lead there are found when they are looked up.
 */
export function cameraGuardProblems(
  { cameras, camera_hosts, secrets }: ParsedConfig,
  remote: boolean,
): ConfigProblem[] {
  const policy = { remote, hosts: camera_hosts };
  return cameras.flatMap((camera, index) => {
    const endpoint = endpointOf(camera.source);
    if (endpoint === undefined) return [];
    const problems: ConfigProblem[] = [];
    const path = `cameras.${index}`;
    if (isBarredByName(policy, endpoint)) problems.push(barred(path, endpoint));
    const { password } = camera;
    if (typeof password !== 'object') return problems;
    const secret = Object.hasOwn(secrets, password.secret) ? secrets[password.secret] : undefined;
    const hosts = typeof secret === 'object' ? secret.hosts : undefined;
    if (secret === undefined) return problems;
    // An ONVIF camera says at which of its ports the stream is: the secret must be for all of them.
    const leadsOn = parseOnvifAddress(camera.source) !== undefined;
    const isBound =
      hosts?.some((host) => namesEndpoint(host, endpoint) && !(leadsOn && namesPort(host))) ?? !remote;
    const whereTo = leadsOn ? `every port of ${hostText(endpoint)}` : endpointText(endpoint);
    if (!isBound) {
      problems.push(astray(`${path}.password.secret`, password.secret, { endpoint, hosts, whereTo }));
    }
    const proves = camera_hosts.some(
      ({ host, fingerprint, ca_file }) =>
        (fingerprint !== undefined || ca_file !== undefined) && namesHostOf(host, endpoint),
    );
    if (remote && proves && !endpoint.tls) problems.push(inClear(path, endpoint));
    return problems;
  });
}

function inClear(path: string, endpoint: Endpoint): ConfigProblem {
  return {
    path: `${path}.source`,
    expected: `an https://, rtsps:// or rtmps:// address: camera_hosts of the local file has ${hostText(endpoint)} prove itself, and the password would go in clear`,
    found: 'an address without TLS',
  };
}

function barred(path: string, endpoint: Endpoint): ConfigProblem {
  const host = hostText(endpoint);
  return {
    path: `${path}.source`,
    expected:
      'an address that remote documents may reach: none of this machine itself, link-local, multicast or the like ' +
      `(unless camera_hosts of the local file has {host: "${host}", allow_remote: true})`,
    found: host,
  };
}

function astray(
  path: string,
  name: string,
  { endpoint, hosts, whereTo }: { endpoint: Endpoint; hosts: readonly string[] | undefined; whereTo: string },
): ConfigProblem {
  const wanted =
    hosts === undefined ? `hosts: ["${hostText(endpoint)}"]` : `"${hostText(endpoint)}" among its hosts`;
  return {
    path,
    expected: `a secret that may be sent to ${whereTo} (in the local file secrets.${name} needs ${wanted})`,
    found: hosts === undefined ? `"${name}", which names no hosts` : `"${name}", which is for other hosts`,
  };
}

function hostText({ host }: Endpoint): string {
  return host.includes(':') ? `[${host}]` : host;
}
