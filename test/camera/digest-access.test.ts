import t from 'tap';
import { type DigestRequest, digestAuthorization, digestRank } from '../../src/camera/digest-access.js';
import { HttpLogin } from '../../src/camera/http-login.js';
import { type Challenge, parseChallenges } from '../../src/camera/www-authenticate.js';
import { cpuMs } from '../support/cpu-ms.js';

function answer(header: string, request: Partial<DigestRequest>): string {
  const [challenge] = parseChallenges(header);
  const all = { user: '', password: '', method: 'GET', uri: '/', count: 1, clientNonce: '', ...request };
  return digestAuthorization(challenge as Challenge, all);
}

t.test('the examples of RFC 7616, 3.9.1', (t) => {
  const mufasa = {
    user: 'Mufasa',
    password: 'Circle of Life',
    uri: '/dir/index.html',
    clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const rest =
    'realm="http-auth@example.org", qop="auth, auth-int", ' +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  t.equal(
    answer(`Digest ${rest}, algorithm=SHA-256`, mufasa),
    'Digest username="Mufasa", realm="http-auth@example.org", ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", algorithm=SHA-256, ' +
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", qop=auth, nc=00000001, ' +
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  );
  t.match(answer(`Digest ${rest}, algorithm=MD5`, mufasa), /response="8ca523f5e9506fed4657c9700eebdbec"/);
  t.match(
    answer(`Digest ${rest}`, mufasa),
    /response="8ca523f5e9506fed4657c9700eebdbec"/,
    'MD5 where it is not said',
  );
  t.end();
});

t.test('the example of RFC 7616, 3.9.2, as its erratum 4897 has it', (t) => {
  const rest =
    'realm="api@example.org", qop="auth", algorithm=SHA-512-256, ' +
    'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", charset=UTF-8';
  const jason = {
    user: 'Jäsøn Doe',
    password: 'Secret, or not?',
    uri: '/doe.json',
    clientNonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
  };
  const response = /response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"/;
  const hashed = answer(`Digest ${rest}, userhash=true`, jason);
  t.match(hashed, response);
  t.match(hashed, /username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"/);
  t.match(hashed, /userhash=true/);
  const plain = answer(`Digest ${rest}`, jason);
  t.match(plain, response);
  t.match(plain, /username\*=UTF-8''J%C3%A4s%C3%B8n%20Doe/);
  t.end();
});

t.test('the example of RFC 2617, and the form of RFC 2069 without qop', (t) => {
  const rest = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const mufasa = {
    user: 'Mufasa',
    password: 'Circle Of Life',
    uri: '/dir/index.html',
    clientNonce: '0a4f113b',
  };
  t.match(answer(`${rest}, qop=auth`, mufasa), /response="6629fae49393a05397450978507c4ef1"/);
  const old = answer(rest, { ...mufasa, password: 'CircleOfLife' });
  t.match(old, /response="1949323746fe6a43ef61f9606e7febea"/, 'as the erratum of RFC 2069 has it');
  t.notMatch(old, /qop|nc=|cnonce/);
  t.end();
});

t.test('challenges are read however they are joined', (t) => {
  const read = (header: string) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  t.same(read('Basic realm="a, b=\\"c\\"" , Digest qop="auth,auth-int",nonce=x ,, stale = true'), [
    ['basic', { realm: 'a, b="c"' }],
    ['digest', { qop: 'auth,auth-int', nonce: 'x', stale: 'true' }],
  ]);
  t.same(read('NTLM, Negotiate abc==, DIGEST NONCE="n", nonce="later"').at(-1), ['digest', { nonce: 'n' }]);
  t.same(read('Digest nonce="not closed'), [['digest', { nonce: 'not closed' }]]);
  t.same(read(''), []);
  t.end();
});

t.test('the strongest that is known is taken, and Digest before Basic', (t) => {
  const login = (header: string): string => {
    const login = new HttpLogin(new URL('http://bob:c4nary@camera/'));
    return login.answers(header, 0) ? (login.authorization('GET', '/') ?? '') : 'none';
  };
  t.match(
    login('Basic realm="x", Digest nonce="1", Digest nonce="2", algorithm=SHA-256'),
    /nonce="2".*SHA-256/,
  );
  t.match(
    login('Digest nonce="1", algorithm=SHA-256-sess, qop="auth", Digest nonce="2", algorithm=MD5'),
    /nonce="1"/,
  );
  t.match(login('Digest nonce="1", algorithm=SHA-1, Basic realm="x"'), /^Basic Ym9iOmM0bmFyeQ==$/);
  t.match(login('Digest nonce="1", qop="auth-int", Basic realm="x"'), /^Basic/);
  t.equal(login('Digest nonce="1", algorithm=SHA-1'), 'none');
  t.equal(login('NTLM'), 'none');
  t.match(login(''), /^Basic/, 'some say nothing');
  t.equal(
    digestRank({ scheme: 'digest', parameters: new Map() }),
    -1,
    'without a nonce there is nothing to answer',
  );
  t.end();
});

t.test('who is refused is not asked for ever', (t) => {
  const demand = (nonce: string, stale = ''): string => `Digest nonce="${nonce}", qop="auth"${stale}`;
  const login = new HttpLogin(new URL('http://bob:c4nary@camera/'));
  t.equal(login.authorization('GET', '/'), undefined, 'nothing is said before it is asked for');
  t.ok(login.answers(demand('1'), 0));
  t.match(login.authorization('GET', '/'), /nonce="1".*nc=00000001/);
  t.match(login.authorization('GET', '/'), /nonce="1".*nc=00000002/);
  t.ok(login.answers(demand('2'), 0), 'a nonce that ran out');
  t.match(login.authorization('GET', '/'), /nonce="2".*nc=00000001/);
  t.notOk(login.answers(demand('3'), 1), 'the password is wrong');
  t.ok(login.answers(demand('3', ', stale=TRUE'), 1), 'or the nonce ran out again');
  t.notOk(login.answers(demand('4', ', stale=true'), 2));
  t.notOk(login.answers('Basic realm="x"', 0), 'whoever knew Digest is not told the password itself');
  const basic = new HttpLogin(new URL('http://bob:c4nary@camera/'));
  t.ok(basic.answers('Basic realm="x"', 0));
  t.notOk(basic.answers('Basic realm="x"', 0), 'Basic has nothing new to say');
  t.notOk(new HttpLogin(new URL('http://camera/')).answers('Basic realm="x"', 0), 'nobody has a login');
  t.end();
});

t.test('a password holds what it likes', (t) => {
  for (const [address, expected] of [
    ['http://b%C3%B6b:%22p%5Cw%3A@camera/', 'böb:"p\\w:'],
    ['http://bob:100%@camera/', 'bob:100%'],
  ] as const) {
    const login = new HttpLogin(new URL(address));
    login.answers('Basic realm="x"', 0);
    const sent = login.authorization('GET', '/') ?? '';
    t.equal(Buffer.from(sent.slice('Basic '.length), 'base64').toString(), expected);
  }
  t.match(answer('Digest nonce="n"', { user: 'a"b\\c' }), /username="a\\"b\\\\c"/);
  t.end();
});

t.test('what a header costs grows with its length alone', (t) => {
  for (const unit of ['"', '\\"', '="\\', 'a=,', ', ', 'Digest ', '=', '\0']) {
    const header = `Digest nonce="x", ${unit.repeat(2 ** 16 / unit.length)}`;
    const ms = cpuMs(() => parseChallenges(header));
    t.ok(ms < 100, `${JSON.stringify(unit)}: ${Math.round(ms)} ms`);
  }
  t.end();
});
