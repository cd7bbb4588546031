/** Why an error happens in general, and what its reader does next. */
interface ErrorEntry {
  readonly cause: string;
  readonly remedy: string;
}

/** The registry of every error the agent reports by code. docs/errors.md is generated from it. */
export const errorRegistry = {
  CONFIG_UNREADABLE: {
    cause: 'The configuration file does not exist, cannot be read or is no YAML or JSON.',
    remedy: 'Check the path given by --config and the line that the message names.',
  },
  CONFIG_INVALID: {
    cause: 'A value in the configuration has the wrong type or range, or its key is not known.',
    remedy: 'Correct the keys that the message lists; `pose-agent config schema` prints what is allowed.',
  },
  CONFIG_STORE_UNWRITABLE: {
    cause: 'A configuration from afar cannot be stored: the disk is full, read-only or failing.',
    remedy:
      'Free space in the state folder and let the agent’s user write there; then send the document again. The old configuration stays in effect.',
  },
  AGENT_UNREACHABLE: {
    cause: 'An agent runs with the state folder, but a command of the same machine gets no answer from it.',
    remedy:
      'Run the command as the agent’s user (`sudo pose-agent …` where it is a service); else stop the agent, run the command, and start it again.',
  },
  CONFIRMATION_NEEDED: {
    cause: 'A command that cannot be undone was not confirmed.',
    remedy: 'Answer its question with yes, or give --yes where nobody is there to ask.',
  },
  CAMERA_SOURCE_INVALID: {
    cause: 'The text that names a camera, stream or file is malformed.',
    remedy:
      'Write it as sample:, /dev/video0 or 0, csi:0, gst:PIPELINE, rtsp://…, http://…, rtmp://…, srt://…, onvif://…, or the path of a video, a picture or a folder of pictures.',
  },
  OPENCV_NOT_BUILT: {
    cause: 'OpenCV’s binding for Node is not on this machine, or cannot be loaded.',
    remedy: 'Run ./scripts/build; ./scripts/quickstart also installs the OpenCV packages it needs.',
  },
  CAMERA_OPEN_FAILED: {
    cause: 'The camera, stream or file could not be opened.',
    remedy:
      'Check that it is plugged in, or reachable in the network, and not used by another program; `pose-agent doctor` lists the cameras of this machine, `pose-agent cameras discover` those of the network, and `pose-agent cameras test` measures one.',
  },
  CAMERA_READ_FAILED: {
    cause: 'An open source stopped giving frames.',
    remedy: 'The agent reopens it by itself; check cable and network if it goes on.',
  },
  CAMERA_NONE_FOUND: {
    cause: 'No camera in the network answered when all were asked to by ONVIF’s discovery (WS-Discovery).',
    remedy:
      'Check that the camera is on and in the same network (discovery passes no router and often no Wi-Fi access point), that ONVIF is switched on in it, and that no firewall blocks UDP port 3702; where its address is known, onvif://ADDRESS/ or rtsp://… as the source needs no discovery.',
  },
  CAMERA_ADDRESS_BLOCKED: {
    cause:
      'A camera of a remote document, or what it redirects to, has an address that remote documents may not reach: one of this machine itself, link-local, multicast or the like.',
    remedy:
      'Where that is meant, name the host in `camera_hosts` of the local file with allow_remote: true, or the camera in the local file.',
  },
  CAMERA_UNPROVEN: {
    cause:
      'A camera’s certificate was not issued by a trusted authority, is out of date, is for another name, or is not the one that the local file names. Nothing was sent to it.',
    remedy:
      'Compare the fingerprint in the message with the one that the camera’s own page shows. Where it is the same, set it as `fingerprint` of the host in `camera_hosts`, or set `ca_file` there to the authority that issued it.',
  },
  CAMERA_REDIRECTED: {
    cause: 'A camera answers with another address, which is not followed: login and guard are for this one.',
    remedy: 'Configure the address where the stream is.',
  },
  ENGINE_NOT_BUILT: {
    cause: 'The native addon of the engine is not on this machine, or cannot be loaded.',
    remedy: 'Run ./scripts/build; the message lists every place that was tried.',
  },
  ENGINE_DEVICE_ABSENT: {
    cause: 'The inference runtime does not see the device that was asked for.',
    remedy: 'Choose one of the devices that the message lists, or install its driver.',
  },
  ENGINE_OPTION_INVALID: {
    cause: 'An option given to the engine is out of range.',
    remedy: 'Correct the option that the message names.',
  },
  ENGINE_FAILED: {
    cause: 'The inference runtime failed while compiling or running a model.',
    remedy: 'Read the runtime’s own words in the message; with OpenVINO try --device CPU.',
  },
  ENGINE_OUT_OF_MEMORY: {
    cause: 'Memory of the GPU or of the machine ran out while a model was built, opened or run.',
    remedy:
      'Set fewer model.requests or a smaller model.input_height, take a smaller model, add swap, or end other programs.',
  },
  ENGINE_CACHE_UNSAFE: {
    cause:
      'The folder of compiled models belongs to somebody else or can be read or changed by others. A compiled model is a program: one of a stranger’s would run with the agent’s rights.',
    remedy:
      'Remove the folder that the message names, and it is made anew; or give it to the agent’s user alone (chown, chmod -R go-rwx).',
  },
  ENGINE_CLOSED: {
    cause: 'A frame was given to a session that is closed or closing.',
    remedy: 'Open a new session.',
  },
  PACKAGE_DAMAGED: {
    cause: 'A file of the agent itself is damaged, missing, or was changed.',
    remedy:
      'Install the release again; after a change of models/catalog.json run `node --import tsx scripts/generate-docs.ts`.',
  },
  MODEL_UNKNOWN: {
    cause: 'No model of that name is in the catalog.',
    remedy: '`pose-agent models list` prints the names.',
  },
  MODEL_NOT_INSTALLED: {
    cause: 'The model is known but its files are not in the store.',
    remedy: '`pose-agent models pull NAME`.',
  },
  MODEL_DOWNLOAD_FAILED: {
    cause: 'A model file could not be fetched.',
    remedy: 'Check the network, or name a mirror folder or URL in POSE_AGENT_MODEL_MIRROR.',
  },
  MODEL_CHECKSUM_MISMATCH: {
    cause: 'A model file has other bytes than the catalog promises, or than it had when it was checked.',
    remedy:
      'Delete the file that the message names and pull the model again; if it recurs, the source is wrong.',
  },
  MODEL_UNREADABLE: {
    cause: 'The inference runtime cannot read the model file: it is missing, truncated or of another format.',
    remedy:
      '`pose-agent models verify`, then `pose-agent models pull NAME`; of a file of your own, export or copy it anew.',
  },
  MODEL_FORMAT_UNSUPPORTED: {
    cause: 'The engine does not read files of the model’s format: TensorRT takes ONNX alone.',
    remedy:
      'On any machine with OpenVINO `pose-agent models convert ID --to onnx --for tensorrt`, then here `pose-agent models add` with what came out.',
  },
  MODEL_SHAPE_MISMATCH: {
    cause: 'The model’s inputs or outputs are not those of its family.',
    remedy: 'Use the model with the family it was made for; the message says what was expected and found.',
  },
  MODEL_UNDECIDED: {
    cause: 'What a model file is cannot be told from its inputs and outputs alone.',
    remedy:
      'Say it with the flag that the message names, or in a manifest.json beside the file; docs/models.md has its keys.',
  },
  MODEL_NAME_TAKEN: {
    cause: 'Another model of this machine has the name already.',
    remedy: 'Take another name; `pose-agent models list` prints those that are taken.',
  },
  MODEL_IN_USE: {
    cause:
      'A model was to be removed, or its versions to be forgotten, that the configuration names or that is in a slot.',
    remedy:
      'Choose another one first (model.id, `pose-agent models activate`, or `rollback`, which leaves the current one), or remove it with --force.',
  },
  MODEL_UPDATES_OFF: {
    cause: 'The local configuration names no key or no origin for model updates.',
    remedy: 'Add both to `updates` in the configuration file of this machine; docs/models.md shows how.',
  },
  MODEL_MANIFEST_INVALID: {
    cause: 'The manifest of a model is malformed, too large, or names something that is not allowed in it.',
    remedy:
      'Of an update: make it with `pose-agent models sign`, which refuses what a device would refuse. Of your own model: correct the keys that the message names. Where the description of an added model is damaged: `pose-agent models add` it again.',
  },
  MODEL_SIGNATURE_INVALID: {
    cause: 'No signature of the manifest is right and by a key that this machine trusts.',
    remedy: 'Sign it with a key whose public half is in `updates.keys`, under the same name.',
  },
  MODEL_KEY_UNREADABLE: {
    cause: 'The private key for signing model updates cannot be read, or is no ed25519 key.',
    remedy: 'Name the file that `pose-agent models keygen` made.',
  },
  MODEL_MANIFEST_EXPIRED: {
    cause: 'The manifest of a model update is past its date.',
    remedy:
      'Sign it anew with a later date; if it is not past it, set the clock of this machine. Where that is not synchronised, the date is compared with the release of the agent and the last time the clock was.',
  },
  MODEL_VERSION_REFUSED: {
    cause:
      'This machine has accepted the same or a newer version of the model before, or the version is so high that it would leave none for the updates after it.',
    remedy:
      'Publish it under a version that the message allows; `pose-agent models rollback` goes back to the one before. Where a version was accepted that is too high, `pose-agent models reset-versions NAME` on the machine forgets it.',
  },
  MODEL_ORIGIN_REFUSED: {
    cause: 'An address of a model update, or one that it was redirected to, is not on an allowed origin.',
    remedy: 'Add the origin to `updates.origins` in the configuration file of this machine if it is yours.',
  },
  MODEL_ADDRESS_BLOCKED: {
    cause: 'The host of a model update has an address in a network that updates never come from.',
    remedy:
      'Set allow_private at the origin where the server is on your own network; link-local addresses stay blocked.',
  },
  MODEL_SLOT_EMPTY: {
    cause: 'There is no activated model to go back from.',
    remedy: '`pose-agent models list` shows which model is current and which was before it.',
  },
  MODEL_CONVERTER_ABSENT: {
    cause: 'The Python packages that convert models are not on this machine and cannot be installed.',
    remedy:
      'Install what the message names; the packages come from PyPI, or from the mirror that PIP_INDEX_URL names.',
  },
  MODEL_CONVERSION_FAILED: {
    cause: 'A model cannot be converted, or what came out does not compute what it computes.',
    remedy:
      'Nothing was kept. Read the figures or the layer in the message; try another precision, other pictures or --ignore.',
  },
  MQTT_URL_INVALID: {
    cause: 'The MQTT URL is malformed or its scheme is not supported.',
    remedy: 'Write it as mqtt://host:1883 or mqtts://host:8883.',
  },
  MQTT_TLS_FILE_UNREADABLE: {
    cause: 'A certificate or key for the broker cannot be read.',
    remedy: 'Check the path that the message names and that the agent’s user may read it.',
  },
  MQTT_UNREACHABLE: {
    cause: 'The broker does not answer or refuses the connection.',
    remedy: 'Check host, port and credentials; the agent keeps trying with growing pauses.',
  },
  MQTT_VERSION_REFUSED: {
    cause: 'The broker does not speak the version of MQTT that it was asked for.',
    remedy: 'With mqtt.protocol auto, nothing: MQTT 3.1.1 is tried next. Otherwise set it to auto or 3.1.1.',
  },
  MQTT_REFUSED: {
    cause: 'The broker refused a subscription or a message, and keeps the connection.',
    remedy: 'Check the broker’s access list: docs/mqtt.md names every topic of the device.',
  },
  MQTT_MESSAGE_SKIPPED: {
    cause:
      'A message to the agent is larger than it takes, or cannot be read; the connection goes on without it.',
    remedy: 'Where it is retained, clear it with an empty retained message; docs/mqtt.md has the limits.',
  },
  MQTT_PORT_IN_USE: {
    cause: 'The embedded broker cannot listen on its port.',
    remedy: 'Set mqtt.embedded_port to a free port, or mqtt.url to the broker that is running there.',
  },
  TENSOR_INVALID: {
    cause: 'A tensor given to decode is missing, or its data and shape do not fit the family.',
    remedy: 'Correct the tensor that the message names.',
  },
  OUTPUT_UNWRITABLE: {
    cause: 'A result file cannot be written.',
    remedy: 'Check the folder and the space left on it.',
  },
  ANNOTATIONS_INVALID: {
    cause: 'The file with annotations does not exist or holds no person keypoints in COCO’s format.',
    remedy: 'Correct what the message names; docs/validate.md says what is read of the file.',
  },
  KEYPOINTS_UNMATCHED: {
    cause: 'Keypoints are to be compared that one side does not have, or that OKS is not defined for.',
    remedy:
      'Choose a model that gives every keypoint which the message names, or take them out of the annotations.',
  },
  VALIDATION_EMPTY: {
    cause: 'There was nothing to compare with: no picture could be read, or nobody is in any of them.',
    remedy: 'Check the folder of pictures and the annotations, or choose pictures with people.',
  },
  VALIDATION_INCOMPLETE: {
    cause: 'Pictures or annotations could not be read; the figures that were printed are without them.',
    remedy: 'Mend or remove what the message names and validate again; with --json all of it is listed.',
  },
  CONFIG_NEEDS_RESTART: {
    cause: 'A key was changed that only a new agent process takes over.',
    remedy: 'Restart the agent: `systemctl restart edge-pose-agent`, or the command restart.',
  },
  DEPLOYMENT_BUSY: {
    cause:
      'A configuration or model is on probation, or a model is not open yet, and nothing else is tried meanwhile.',
    remedy:
      'Try again after the probation (control.probation_s), or when the model is open (stats.preparing). `pose-agent config reset` need not wait: stop the agent first.',
  },
  MODEL_NOT_SELECTED: {
    cause: 'A model was activated, but the configuration names another one.',
    remedy: 'Set model.id to auto, so that the activated model runs.',
  },
  SKELETON_MISMATCH: {
    cause: 'The model has none of the keypoints of the skeleton that `output.skeleton` names.',
    remedy: 'Set output.skeleton to native, or run a model whose keypoints have the names in docs/mqtt.md.',
  },
  TRIAL_FAILED: {
    cause: 'A new configuration or model did not prove itself in its probation.',
    remedy: 'What ran before runs again; correct what the message names and send it under a higher version.',
  },
  NOTIFY_FAILED: {
    cause: 'systemd’s notification socket, named by $NOTIFY_SOCKET, does not take the message.',
    remedy: 'Start the agent by its unit; elsewhere unset NOTIFY_SOCKET.',
  },
  WORKER_FAILED: {
    cause: 'The worker process ended, or there is none.',
    remedy: 'The agent starts a new one; the log lines before it say why.',
  },
  WORKER_HUNG: {
    cause: 'The worker process lived but did nothing: a driver or a camera held it.',
    remedy:
      'The agent has put another in its place; where it goes on, look at the camera that was read last.',
  },
  WORKER_MESSAGE_INVALID: {
    cause:
      'The worker process sent something that no worker sends: its memory was damaged, or a stream has taken it over. Nothing of it was used.',
    remedy:
      'The agent has ended it and starts another; where it goes on, look at the cameras: what they stream, and who can reach them.',
  },
  WORKER_OUT_OF_MEMORY: {
    cause: 'The kernel killed the worker process because the box or the service’s memory limit was full.',
    remedy:
      'The agent starts a new one; where it goes on, raise MemoryMax of the unit, take a smaller model or smaller frames, or end what else runs on the box.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;

/** An error with a code of the registry. Its message says what happened and where; `remedy` what to do next. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get remedy(): string {
    return errorRegistry[this.code].remedy;
  }
}
