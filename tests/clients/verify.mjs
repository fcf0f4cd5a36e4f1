// Verifies the token in TOKEN_FILE by what its issuer ISSUER publishes, for AUDIENCE, and prints header and claims as JSON.
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';

const { ISSUER, AUDIENCE, TOKEN_FILE } = process.env;
const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const keys = createRemoteJWKSet(new URL(server.jwks_uri));
const algorithms = server.id_token_signing_alg_values_supported;
const expected = { issuer: server.issuer, audience: AUDIENCE, algorithms, requiredClaims: ['sub', 'exp', 'iat', 'jti'] };
const { protectedHeader, payload } = await jwtVerify(readFileSync(TOKEN_FILE, 'utf8'), keys, expected);
console.log(JSON.stringify({ protectedHeader, payload }));
