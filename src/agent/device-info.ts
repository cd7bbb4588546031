import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { configJsonSchema } from '../config/json-schema.js';
import type { Config } from '../config/schema.js';
import { chooseEngine } from '../engine/choose-engine.js';
import type { ResolvedModel } from '../models/resolve.js';
import { contractVersion, type InfoPayload } from '../mqtt/payloads.js';
import { skeletonInfo } from '../mqtt/skeleton-info.js';
import type { Skeleton } from '../pose/skeletons.js';
import type { SessionInfo } from '../worker/messages.js';

export interface DeviceInfoOptions {
  config: Config;
  /** Undefined while none runs. */
  model: ResolvedModel | undefined;
  /** What is published; undefined while nothing is. */
  skeleton: Skeleton | undefined;
  session: string;
  version: string;
  /** Version of MQTT that is spoken, or tried next. */
  protocol: string | undefined;
  /** Null while the engine is not open. */
  engine: SessionInfo | null;
}

/** The `info` message: what is installed and running here. */
export function deviceInfo({
  config,
  model,
  skeleton,
  session,
  version,
  protocol,
  engine,
}: DeviceInfoOptions): InfoPayload {
  return {
    v: contractVersion,
    ts: Date.now(),
    session,
    boot_id: bootId(),
    versions: {
      agent: version,
      node: process.versions.node,
      ...(engine ? { [engine.engine]: engine.engineVersion } : {}),
    },
    models: model
      ? [{ name: model.id, precision: engine?.precision ?? null, checksums: model.checksums }]
      : [],
    skeleton: skeleton ? skeletonInfo(skeleton) : null,
    config_schema_sha256: createHash('sha256').update(JSON.stringify(configJsonSchema)).digest('hex'),
    capabilities: [
      `engine:${engine?.engine ?? chooseEngine(config.model.engine)}`,
      ...(model ? [`family:${model.family}`] : []),
      ...(skeleton ? [`skeleton:${skeleton.name}`] : []),
      ...(protocol ? [`mqtt:${protocol}`] : []),
    ],
  };
}

function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
