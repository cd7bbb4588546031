import t from 'tap';
import { parseBrokerUrl } from '../../src/mqtt/broker-url.js';

t.test('what a URL says', async (t) => {
  const plain = { username: undefined, password: undefined, secure: false };
  t.strictSame(parseBrokerUrl('mqtt://broker.lan'), { ...plain, host: 'broker.lan', port: 1883 });
  t.strictSame(parseBrokerUrl('mqtt://[::1]:7'), { ...plain, host: '::1', port: 7 });
  t.strictSame(parseBrokerUrl('mqtts://h/'), { ...plain, host: 'h', port: 8883, secure: true });
  t.match(parseBrokerUrl('mqtt://us%40er:p%3Ass@h'), { username: 'us@er', password: 'p:ss' });
});

t.test('what is no broker is refused without repeating it', async (t) => {
  const refused: [string, RegExp][] = [
    ['hunter2', /expected a URL/],
    ['mqtt://u:hunter2@h:99999', /expected a URL/],
    ['http://u:hunter2@h', /expected the scheme mqtt or mqtts, found http/],
    ['mqtt:///hunter2', /expected a host, found none/],
    ['mqtt://u:hunter2@h/topic', /expected nothing after the port/],
    ['mqtt://u:hunter2@h?x=1', /expected nothing after the port/],
    ['mqtt://u:hunter2%zz@h', /percent-encoded/],
  ];
  for (const [url, message] of refused) {
    t.throws(() => parseBrokerUrl(url), { code: 'MQTT_URL_INVALID', message }, url);
    try {
      parseBrokerUrl(url);
    } catch (error) {
      t.notMatch(String(error), /hunter2/);
    }
  }
});
