#!/usr/bin/env bash
# Makes ca.pem, server.pem and server.key beside this script; README.md says what for. The authority's private key lives
# in a temporary directory and is deleted with it.
set -euo pipefail
umask 077
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$here/.make.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > ca.cnf <<'CNF'
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = Gatehouse development CA (localhost only)
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
nameConstraints = critical, @permitted
[permitted]
permitted;DNS.1 = localhost
permitted;IP.1 = 127.0.0.0/255.0.0.0
permitted;IP.2 = 0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
CNF
cat > server.ext <<'EXT'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
EXT

p256=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${p256[@]}" -config ca.cnf -days 30 -keyout ca.key -out ca.pem 2>/dev/null
openssl req -new "${p256[@]}" -subj "/CN=Gatehouse development server" -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext -out server.pem 2>/dev/null
openssl verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile ca.pem server.pem >/dev/null

chmod 644 ca.pem server.pem
mv -f server.key server.pem ca.pem "$here/"
echo "$here/ca.pem, server.pem and server.key are good for 30 days."
