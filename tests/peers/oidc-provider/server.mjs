// An OpenID provider (npm oidc-provider) in the foreground until it is killed.
//
//   PORT       where to listen, on 127.0.0.1
//   ISSUER     how browsers and the gateway reach it, as in http://127.0.0.1:7201
//   CALLBACKS  the gateway's redirect URIs, separated by blanks
//   GATEWAY    optional: a gateway that knows this issuer as `op-key`, as in http://127.0.0.1:7300
//
// Clients: `gateway` (ID tokens RS256), `gateway-es256` and so on for every algorithm, all with the secret
// `gateway-secret`; with GATEWAY also `gateway-key`, which signs with the key that the gateway publishes and is told of
// logouts at its back-channel address. People: any login name, any password; the name is the subject. The claim
// `department` is only at the userinfo endpoint. POST /_rotate makes new keys, which sign from then on, and throws the old
// ones away: what carries an old key id cannot be verified any more. After POST /_rotate?keep it still can. GET
// /_frame?src= is a page that frames another, as providers with front-channel logout have it; this one has not. It prints
// one line when it listens.
import http from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const { PORT, ISSUER, CALLBACKS, GATEWAY } = process.env;
if (!PORT || !ISSUER || !CALLBACKS) throw new Error('set PORT, ISSUER and CALLBACKS');

const cookieKeys = [randomBytes(32).toString('hex')];

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', ...Object.keys(curves), 'EdDSA', 'Ed25519'];

function makeKey(alg) {
  const { privateKey } = curves[alg]
    ? generateKeyPairSync('ec', { namedCurve: curves[alg] })
    : alg.startsWith('Ed')
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
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

const makeKeyClient = (gateway) => ({
  client_id: 'gateway-key',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: `${gateway}/oidc/client-keys/op-key`,
  redirect_uris: [`${gateway}/oidc/callback/op-key`],
  post_logout_redirect_uris: [`${gateway}/oidc/logout/op-key`],
  backchannel_logout_uri: `${gateway}/oidc/backchannel-logout/op-key`,
  backchannel_logout_session_required: true,
  grant_types: ['authorization_code'],
  response_types: ['code'],
});

const makeAccount = (sub) => ({
  accountId: sub,
  claims: (use) => ({
    sub,
    email: `${sub}@example.org`,
    email_verified: true,
    name: `Person ${sub}`,
    groups: ['developers', 'operators'],
    ...(use === 'userinfo' ? { department: 'Engineering' } : {}),
  }),
});

function makeProvider(keys) {
  const provider = new Provider(ISSUER, {
    clients: [
      makeClient('gateway', 'RS256'),
      ...algorithms.map((alg) => makeClient(`gateway-${alg.toLowerCase()}`, alg)),
      ...(GATEWAY ? [makeKeyClient(GATEWAY)] : []),
    ],
    jwks: { keys },
    enabledJWA: { idTokenSigningAlgValues: algorithms },
    cookies: { keys: cookieKeys },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups', 'department'] },
    conformIdTokenClaims: false, // claims in the ID token, not only at the userinfo endpoint
    findAccount: (_ctx, sub) => makeAccount(sub),
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }), // the gateway is on loopback
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
  });
  return provider.callback();
}

let keys = algorithms.map(makeKey);
let answer = makeProvider(keys);
http
  .createServer((request, response) => {
    if (request.method === 'POST' && request.url.startsWith('/_rotate')) {
      keys = [...algorithms.map(makeKey), ...(request.url.endsWith('?keep') ? keys : [])]; // the first that fits signs
      answer = makeProvider(keys);
      response.writeHead(204).end();
    } else if (request.url.startsWith('/_frame?')) {
      const src = new URL(request.url, ISSUER).searchParams.get('src').replace(/[&"]/g, (c) => `&#${c.charCodeAt(0)};`);
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>Framed</h1><iframe src="${src}"></iframe>`);
    } else {
      answer(request, response);
    }
  })
  .listen(Number(PORT), '127.0.0.1', () => console.log(`listening ${ISSUER}`));
