/** What a device or camera may be called: one topic level that every broker, file system and URL takes. */
export const idPattern = /^[a-z0-9-]{1,64}$/;

/** Every topic of one device. */
export interface DeviceTopics {
  readonly base: string;
  readonly state: string;
  readonly info: string;
  readonly stats: string;
  readonly event: string;
  readonly configDesired: string;
  readonly configReported: string;
  /** Filter for the status of every camera. */
  readonly cameraStatuses: string;
  /** Filter for requests of every command. */
  readonly commands: string;
  pose(camera: string): string;
  cameraStatus(camera: string): string;
  command(name: string): string;
  commandResponse(name: string): string;
}

/**
 * The topics of a device, `edgepose/v1/{device}/…`; the contract's major version is part of the name.
 * Throws RangeError where the device's, a camera's or a command's id does not match `idPattern`.
 */
export function deviceTopics(device: string): DeviceTopics {
  const base = `edgepose/v1/${checkedId('device', device)}`;
  return {
    base,
    state: `${base}/state`,
    info: `${base}/info`,
    stats: `${base}/stats`,
    event: `${base}/event`,
    configDesired: `${base}/config/desired`,
    configReported: `${base}/config/reported`,
    cameraStatuses: `${base}/cam/+/status`,
    commands: `${base}/cmd/+`,
    pose: (camera) => `${base}/cam/${checkedId('camera', camera)}/pose`,
    cameraStatus: (camera) => `${base}/cam/${checkedId('camera', camera)}/status`,
    command: (name) => `${base}/cmd/${checkedId('command', name)}`,
    commandResponse: (name) => `${base}/cmd/${checkedId('command', name)}/resp`,
  };
}

/** Whether a topic is among those that a filter with `+` and a last `#` names; `a/#` names `a` too. */
export function topicMatches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  const open = wanted.at(-1) === '#';
  if (open) wanted.pop();
  return (
    (open ? levels.length >= wanted.length : levels.length === wanted.length) &&
    wanted.every((level, index) => level === '+' || level === levels[index])
  );
}

/** Whether there are topics that two filters both name. */
export function filtersOverlap(one: string, other: string): boolean {
  const [a = '', ...restOfA] = one.split('/');
  const [b = '', ...restOfB] = other.split('/');
  if (a === '#' || b === '#') return true;
  if (a !== b && a !== '+' && b !== '+') return false;
  // `a/#` names `a` too.
  if (restOfA.length === 0 || restOfB.length === 0) {
    const rest = [...restOfA, ...restOfB];
    return rest.length === 0 || rest.join() === '#';
  }
  return filtersOverlap(restOfA.join('/'), restOfB.join('/'));
}

function checkedId(what: string, id: string): string {
  if (!idPattern.test(id)) {
    throw new RangeError(`${what} id: expected 1 to 64 of a-z, 0-9 and "-", found ${JSON.stringify(id)}`);
  }
  return id;
}
