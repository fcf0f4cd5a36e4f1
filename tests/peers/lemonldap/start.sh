#!/usr/bin/env bash
# LemonLDAP::NG's portal as a SAML 2.0 identity provider and an OpenID provider, in the foreground until it is killed: `exec` keeps the pid, and
# the workers end with it.
#
#   WORK       a directory for its keys, configuration, sessions and logs
#   PORT       where to listen, on 127.0.0.1
#   BASE_URL   how browsers reach it, as in https://127.0.0.1:7102
#
# Metadata: BASE_URL/saml/metadata, which is its entity id too. A gateway is known if its metadata is in WORK/gateways
# at the start, a relying party if it is in WORK/parties.json, see configuration.pl. The issuer is BASE_URL/ with its
# slash; WORK/keys/tls.crt is the one certificate to trust. People are those of its demonstration: dwho, rtyler and msmith, each name being the
# password.
set -euo pipefail
: "${WORK:?}" "${PORT:?}" "${BASE_URL:?}"
here=$(cd "$(dirname "$0")" && pwd)
umask 077
mkdir -p "$WORK"/{keys,conf,cache,gateways} "$WORK"/{sessions,persistent,saml}/lock
for key in idp tls; do # to sign with; to be reached by
  [ -s "$WORK/keys/$key.crt" ] || openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 \
    -config <(printf '[req]\ndistinguished_name = name\n[name]\n') -subj "/CN=LemonLDAP::NG" \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE \
    -keyout "$WORK/keys/$key.pem" -out "$WORK/keys/$key.crt" 2>/dev/null
done
export WORK BASE_URL LLNG_DEFAULTCONFFILE=$WORK/lemonldap-ng.ini
perl "$here/configuration.pl"

portal=/usr/share/lemonldap-ng/portal/htdocs
setpriv --pdeathsig KILL node "$here/tls.mjs" & # it dies with what this shell becomes
# Some of the portal's own links have two slashes.
exec uwsgi --plugin psgi --psgi "$portal/index.psgi" --need-app --static-map "/static=$portal/static" \
  --static-map "//static=$portal/static" --static-map /javascript=/usr/share/javascript --static-safe /usr/share \
  --http-socket "$WORK/portal.socket" --buffer-size 65535 --master --processes 2 --die-on-term --no-orphans \
  --disable-logging
