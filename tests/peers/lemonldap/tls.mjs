// TLS in front of the portal's plain HTTP: uwsgi's own loses POST bodies that come in a record of their own.
//
//   WORK   keys/tls.crt and keys/tls.pem, and the socket that the portal listens on: portal.socket
//   PORT   where to listen, on 127.0.0.1
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';

const { WORK, PORT } = process.env;
const [cert, key] = ['crt', 'pem'].map((kind) => readFileSync(`${WORK}/keys/tls.${kind}`));
createServer({ cert, key }, (outside) => {
  const inside = connect(`${WORK}/portal.socket`);
  // Whoever breaks off breaks off: the client sees it, and nobody else minds.
  pipeline(outside, inside, outside, () => {});
}).listen(Number(PORT), '127.0.0.1');
