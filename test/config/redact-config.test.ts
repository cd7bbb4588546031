import t from 'tap';
import { loadConfig } from '../../src/config/load-config.js';
import { redactConfig, redactText } from '../../src/config/redact-config.js';

t.test('the printed configuration holds no credentials', async (t) => {
  const environment = {
    HOME: '/home/box',
    EDGE_POSE_MQTT__URL: 'mqtt://user:c4n4ry@broker',
    EDGE_POSE_CAMERAS:
      '[{id: a, source: "rtsp://admin:c4n4ry@cam/1"}, {id: b, source: "http://cam/v?user=x&pwd=c4n4ry"},' +
      '{id: c, source: "gst:rtspsrc location=rtsp://cam user-id=x user-pw=\'c4n4ry 2\' ! decodebin"}]',
  };
  const { config } = loadConfig({ environment });
  t.equal(config.mqtt.password, 'c4n4ry');
  const shown = redactConfig(config);
  t.notMatch(JSON.stringify(shown), 'c4n4ry');
  t.match(shown.mqtt, { url: 'mqtt://broker', username: 'user', password: '(hidden)' });
  t.equal(shown.cameras[0]?.source, 'rtsp://***@cam/1');
  t.equal(shown.model.threads, 0);
  t.equal(config.mqtt.password, 'c4n4ry', 'the configuration itself is unchanged');
  t.equal(Object.hasOwn(redactConfig(loadConfig({ environment: {} }).config).mqtt, 'password'), false);
});

t.test('texts', async (t) => {
  t.equal(redactText('clip.mp4'), 'clip.mp4');
  t.equal(redactText('rtsp://h/monkey?channel=1'), 'rtsp://h/monkey?channel=1');
  t.equal(redactText('rtsp://u:p@ss/w@h/1'), 'rtsp://***@h/1');
  t.equal(redactText('u:p@h'), '***@h');
  t.equal(redactText('http://h/?api_key=abc&x=1'), 'http://h/?api_key=***&x=1');
});
