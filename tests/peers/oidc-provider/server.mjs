// An OpenID provider (npm oidc-provider) in the foreground until it is killed.
//
//   PORT       where to listen, on 127.0.0.1
//   ISSUER     how browsers and the gateway reach it, as in http://127.0.0.1:7201
//   CALLBACKS  the gateway's redirect URIs, separated by blanks
//
// Clients: `gateway` (ID tokens RS256) and `gateway-es256`, both with the secret `gateway-secret`. People: any login
// name, any password; the name is the subject. POST /_rotate throws all keys away and makes new ones: what carries an
// old key id cannot be verified any more. It prints one line when it listens.
import http from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const { PORT, ISSUER, CALLBACKS } = process.env;
if (!PORT || !ISSUER || !CALLBACKS) throw new Error('set PORT, ISSUER and CALLBACKS');

const cookieKeys = [randomBytes(32).toString('hex')];

function makeKey(alg) {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: `${alg}-${randomBytes(6).toString('hex')}` };
}

const makeClient = (client_id, id_token_signed_response_alg) => ({
  client_id,
  client_secret: 'gateway-secret',
  redirect_uris: CALLBACKS.split(' '),
  grant_types: ['authorization_code'],
  response_types: ['code'],
  id_token_signed_response_alg,
});

const makeAccount = (sub) => ({
  accountId: sub,
  claims: () => ({ sub, email: `${sub}@example.org`, email_verified: true, name: `Person ${sub}`, groups: ['developers', 'operators'] }),
});

function makeProvider() {
  const provider = new Provider(ISSUER, {
    clients: [makeClient('gateway', 'RS256'), makeClient('gateway-es256', 'ES256')],
    jwks: { keys: [makeKey('RS256'), makeKey('ES256')] },
    cookies: { keys: cookieKeys },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    conformIdTokenClaims: false, // claims in the ID token, not only at the userinfo endpoint
    findAccount: (_ctx, sub) => makeAccount(sub),
    features: { devInteractions: { enabled: true } },
  });
  return provider.callback();
}

let answer = makeProvider();
http
  .createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/_rotate') {
      answer = makeProvider();
      response.writeHead(204).end();
    } else {
      answer(request, response);
    }
  })
  .listen(Number(PORT), '127.0.0.1', () => console.log(`listening ${ISSUER}`));
