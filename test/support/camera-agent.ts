import type { Test } from 'tap';
import { AgentProcess } from './agent-process.js';
import { MjpegServer } from './mjpeg-server.js';
import { Mosquitto } from './mosquitto.js';
import { MqttObserver } from './mqtt-observer.js';

/** A whole agent that reads an HTTP camera of the test's own, and an observer of its topics. */
export interface CameraAgent {
  agent: AgentProcess;
  observer: MqttObserver;
  camera: MjpegServer;
}

/** `more`: cameras beside it. Undefined where there is no Mosquitto. Figures come every second; all of it ends with the test. */
export async function startCameraAgent(
  t: Test,
  { model, fps, more = [] }: { model: object; fps: number; more?: readonly object[] },
): Promise<CameraAgent | undefined> {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return undefined;
  const camera = await new MjpegServer({ fps }).start();
  const observer = await MqttObserver.connect(mosquitto.url, 'edgepose/v1/test-box/#');
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
    model,
    cameras: [{ id: 'cam0', source: camera.url }, ...more],
    stats: { interval_s: 1 },
  });
  t.teardown(async () => {
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
    await camera.stop();
  });
  return { agent, observer, camera };
}
