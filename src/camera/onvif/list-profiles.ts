import { localPolicy } from '../../network/source-policy.js';
import { type MediaProfile, OnvifDevice } from './onvif-device.js';
import type { DiscoveredCamera } from './probe-messages.js';
import { SoapClient } from './soap-client.js';
import type { Login } from './username-token.js';

/** What a camera that was found offers to whoever logs in. Throws AgentError CAMERA_OPEN_FAILED. */
export function listProfiles(camera: DiscoveredCamera, login: Login): Promise<MediaProfile[]> {
  const { address, port, source } = camera;
  const client = new SoapClient({
    endpoint: { tls: false, host: address, port },
    login,
    policy: localPolicy,
    description: source,
    signal: new AbortController().signal,
  });
  return new OnvifDevice(client).profiles();
}
