/** What a device or camera may be called: one topic level that every broker, file system and URL takes. */
export const idPattern = /^[a-z0-9-]{1,64}$/;

/** Every topic of one device. */
export interface DeviceTopics {
  readonly base: string;
  readonly state: string;
  readonly info: string;
  readonly stats: string;
  pose(camera: string): string;
  cameraStatus(camera: string): string;
}

/**
 * The topics of a device, `edgepose/v1/{device}/…`; the contract's major version is part of the name.
 * Throws RangeError where the device's or a camera's id does not match `idPattern`.
 */
export function deviceTopics(device: string): DeviceTopics {
  const base = `edgepose/v1/${checkedId('device', device)}`;
  return {
    base,
    state: `${base}/state`,
    info: `${base}/info`,
    stats: `${base}/stats`,
    pose: (camera) => `${base}/cam/${checkedId('camera', camera)}/pose`,
    cameraStatus: (camera) => `${base}/cam/${checkedId('camera', camera)}/status`,
  };
}

function checkedId(what: string, id: string): string {
  if (!idPattern.test(id)) {
    throw new RangeError(`${what} id: expected 1 to 64 of a-z, 0-9 and "-", found ${JSON.stringify(id)}`);
  }
  return id;
}
