import { probeCameras } from '../camera/probe-cameras.js';
import { type Finding, ok } from './finding.js';

/** The V4L2 cameras of this machine, and whether this user may open them. */
export function cameraFindings(): Finding[] {
  const cameras = probeCameras().filter(({ isFirstNode }) => isFirstNode !== false);
  if (cameras.length === 0) {
    const remedy =
      'Plug one in, find one in the network with `pose-agent cameras discover`, or use an RTSP or HTTP address, a file, or sample: as the source.';
    return [{ check: 'cameras', verdict: 'note', found: 'no V4L2 camera on this machine', remedy }];
  }
  return cameras.map(({ device, name, problem }) =>
    problem
      ? { check: `camera ${device}`, verdict: 'failed', found: name ?? 'unnamed', remedy: problem }
      : ok(`camera ${device}`, name ?? 'unnamed'),
  );
}
