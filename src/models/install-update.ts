import { createHash } from 'node:crypto';
import { stat, statfs } from 'node:fs/promises';
import { AgentError } from '../errors.js';
import { largestVersion } from '../version-step.js';
import { isAdded } from './added-models.js';
import { totalBytes } from './catalog.js';
import { type DownloadPace, defaultPace } from './download.js';
import { openEnvelope, type TrustedKey } from './envelope.js';
import { fetchEnvelope } from './fetch-envelope.js';
import { type AllowedOrigin, FetchGuard, type ResolveHost } from './fetch-guard.js';
import { knownTime } from './known-time.js';
import type { Manifest } from './manifest-schema.js';
import { type PullProgress, pull } from './pull.js';
import { readManifest } from './read-manifest.js';
import { SlotsFile } from './slots-file.js';
import { type InstalledUpdate, type SlotsState, updateEntry, updateName } from './slots-state.js';
import { ModelStore } from './store.js';

/** What this machine's own configuration allows: its section `updates`. */
export interface UpdatePolicy {
  readonly keys: readonly TrustedKey[];
  readonly origins: readonly AllowedOrigin[];
}

/** The address of a signed manifest, or the signed manifest itself. */
export type UpdateSource = { readonly url: string } | { readonly envelope: Uint8Array };

export interface InstallUpdateOptions {
  stateDir: string;
  policy: UpdatePolicy;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Ends the installation; its reason is an Error that says why. What was fetched is kept for the next one. */
  signal?: AbortSignal | undefined;
  pace?: DownloadPace | undefined;
  /** How long all of it may take. */
  totalMs?: number | undefined;
  /** Bytes of the disk that stay free for everything else; 64 MiB where left out. */
  reserveBytes?: number | undefined;
  /** Whether the clock is to be believed when the manifest's date is judged; see knownTime. No where left out. */
  isClockSynced?: (() => Promise<boolean>) | undefined;
  /** The system's resolver where left out. */
  resolveHost?: ResolveHost | undefined;
}

export interface InstalledModel {
  /** `model@version`, to be activated. */
  name: string;
  /** `unchanged`: this very manifest was installed before; its files were checked, and fetched anew where damaged. */
  status: 'installed' | 'unchanged';
  bytes: number;
  /** Where files came from that were not here before. */
  sources: string[];
}

/** A server that sends a byte now and then keeps nobody busy for longer. */
export const maxInstallMs = 2 * 60 * 60 * 1000;

const defaultReserveBytes = 64 * 1024 * 1024;

/**
 * Installs a signed update beside what is there; nothing runs differently until it is activated. Refused before a file
 * is fetched: a manifest that is not signed by a key of the policy, malformed, expired, of the wrong shape, or not newer
 * than every version that was ever installed here, or too far above them; refused before a file is taken in: other bytes than were signed.
 * Throws AgentError MODEL_UPDATES_OFF, MODEL_MANIFEST_INVALID, MODEL_SIGNATURE_INVALID, MODEL_MANIFEST_EXPIRED,
 * MODEL_SHAPE_MISMATCH, MODEL_NAME_TAKEN, MODEL_VERSION_REFUSED, MODEL_ORIGIN_REFUSED, MODEL_ADDRESS_BLOCKED, MODEL_DOWNLOAD_FAILED,
 * MODEL_CHECKSUM_MISMATCH, OUTPUT_UNWRITABLE.
 */
export async function installUpdate(
  source: UpdateSource,
  options: InstallUpdateOptions,
): Promise<InstalledModel> {
  const { policy, pace = defaultPace, totalMs = maxInstallMs } = options;
  requirePolicy(policy);
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Error(`it took longer than ${totalMs / 1000} s`)),
    totalMs,
  );
  try {
    const guard = new FetchGuard(policy.origins, options.resolveHost);
    const signals = options.signal === undefined ? [deadline.signal] : [deadline.signal, options.signal];
    const signal = AbortSignal.any(signals);
    const { silenceMs } = pace;
    const envelope =
      'envelope' in source ? source.envelope : await fetchEnvelope(source.url, { guard, silenceMs, signal });
    const signed = openEnvelope(envelope, policy.keys);
    const manifest = readManifest(signed);
    await refuseExpired(manifest, options);
    // Every address, before a byte is fetched from the first of them.
    for (const { url } of manifest.files) guard.check(new URL(url));
    return await install(toInstalled(manifest, signed), { ...options, pace, guard, signal });
  } finally {
    clearTimeout(timer);
  }
}

async function install(
  update: InstalledUpdate,
  options: InstallUpdateOptions & { guard: FetchGuard; signal: AbortSignal },
): Promise<InstalledModel> {
  const { stateDir, onProgress, pace, guard, signal } = options;
  const store = new ModelStore(stateDir);
  const slots = new SlotsFile(store);
  const entry = updateEntry(update);
  if (isAdded(entry.model.id, store)) {
    const message = `${entry.name} cannot be installed: a model called ${entry.model.id} was added on this machine`;
    throw new AgentError('MODEL_NAME_TAKEN', message);
  }
  withUpdate((await slots.read()).state, update);
  await requireSpace(update.manifest, store, options.reserveBytes ?? defaultReserveBytes);
  const { sources } = await pull(entry, { store, guard, signal, pace, onProgress });
  let status: InstalledModel['status'] = 'installed';
  await slots.update((state) => {
    const next = withUpdate(state, update);
    status = next === state ? 'unchanged' : 'installed';
    return next;
  });
  return { name: entry.name, status, bytes: totalBytes(entry.files), sources };
}

function requirePolicy({ keys, origins }: UpdatePolicy): void {
  if (keys.length > 0 && origins.length > 0) return;
  const missing = keys.length === 0 ? 'updates.keys' : 'updates.origins';
  throw new AgentError('MODEL_UPDATES_OFF', `Model updates are off on this machine: ${missing} is empty`);
}

/** Throws AgentError MODEL_MANIFEST_EXPIRED where its date is past for certain. */
async function refuseExpired(
  manifest: Manifest,
  { stateDir, isClockSynced = async () => false }: InstallUpdateOptions,
): Promise<void> {
  const { at, isNow } = await knownTime(new ModelStore(stateDir), { isSynced: isClockSynced });
  if (Date.parse(manifest.expires) > at) return;
  const time = new Date(at).toISOString();
  const here = isNow
    ? `it is ${time} here`
    : `it is later than ${time}, though the clock is not synchronised`;
  const message = `${updateName(manifest)} expired on ${manifest.expires}; ${here}`;
  throw new AgentError('MODEL_MANIFEST_EXPIRED', message);
}

function toInstalled(manifest: Manifest, signed: Buffer): InstalledUpdate {
  const digest = createHash('sha256').update(signed).digest('hex');
  return { manifest, manifest_sha256: digest, status: 'new', at: new Date().toISOString() };
}

/**
 * The state with the update in it and its version as the lowest that was ever accepted; the same state where this very
 * update is there. Throws AgentError MODEL_VERSION_REFUSED.
 */
function withUpdate(state: SlotsState, update: InstalledUpdate): SlotsState {
  const { model, version } = update.manifest;
  if (state.updates.some(({ manifest_sha256 }) => manifest_sha256 === update.manifest_sha256)) return state;
  const floor = state.floors.find((one) => one.model === model)?.version ?? 0;
  if (version <= floor) {
    const message = `${model}@${version} is not newer than ${model}@${floor}, which was accepted before`;
    throw new AgentError('MODEL_VERSION_REFUSED', message);
  }
  const largest = largestVersion(floor);
  if (version > largest) {
    const after = floor === 0 ? 'for a first update' : `after ${model}@${floor}`;
    const message = `${model}@${version} would use the versions up: expected at most ${largest} ${after}`;
    throw new AgentError('MODEL_VERSION_REFUSED', message);
  }
  const floors = [...state.floors.filter((one) => one.model !== model), { model, version }];
  return { ...state, updates: [...state.updates, update], floors };
}

/** Before the first byte: a full disk would stop more than this update. Throws AgentError OUTPUT_UNWRITABLE. */
async function requireSpace({ files }: Manifest, store: ModelStore, reserve: number): Promise<void> {
  await store.prepare();
  let needed = 0;
  for (const file of files) {
    const found = await stat(store.blobPath(file)).catch(() => undefined);
    if (found?.size !== file.bytes) needed += file.bytes;
  }
  const { bavail, bsize } = await statfs(store.folder);
  const free = bavail * bsize;
  if (needed === 0 || free >= needed + reserve) return;
  const message = `${store.folder} has ${free} bytes free; the update needs ${needed}, and ${reserve} are to stay free`;
  throw new AgentError('OUTPUT_UNWRITABLE', message);
}
