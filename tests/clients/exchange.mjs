// Exchanges the token in TOKEN_FILE at the gateway ISSUER for the role ROLE, by a client of OAuth that knows nothing of it:
// for a token for AUDIENCE, and for credentials. Prints both answers as JSON.
import { readFileSync } from 'node:fs';
import * as oauth from 'oauth4webapi';

const { ISSUER, ROLE, AUDIENCE, TOKEN_FILE } = process.env;
const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const client = { client_id: 'anybody' };
const exchange = async (requested) => {
  const parameters = {
    subject_token: readFileSync(TOKEN_FILE, 'utf8'),
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    resource: ROLE,
    audience: AUDIENCE,
    requested_token_type: requested,
  };
  const grant = 'urn:ietf:params:oauth:grant-type:token-exchange';
  const response = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), grant, parameters);
  const recognizedTokenTypes = { n_a: () => {} };
  return oauth.processGenericTokenEndpointResponse(server, client, response, { recognizedTokenTypes });
};
const token = await exchange('urn:ietf:params:oauth:token-type:jwt');
const credentials = await exchange('urn:gatehouse:params:oauth:token-type:aws-credentials');
console.log(JSON.stringify({ token, credentials }));
