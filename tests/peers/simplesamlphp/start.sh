#!/usr/bin/env bash
# SimpleSAMLphp as a SAML 2.0 identity provider, in the foreground until it is killed: `exec` keeps the pid.
#
#   WORK       an empty directory for its key, sessions and logs
#   PORT       where to listen, on 127.0.0.1
#   BASE_URL   how browsers reach it, as in http://localhost:7101
#
# Metadata: BASE_URL/saml2/idp/metadata.php, which is its entity id too. Single sign-on: …/SSOService.php, where
# ?spentityid=…&RelayState=… starts at the provider; …/initSLO.php?RelayState=… signs out everywhere. A gateway is known
# once its metadata is in WORK/gateways, see saml20-sp-remote.php. People and passwords are in authsources.php.
set -euo pipefail
: "${WORK:?}" "${PORT:?}" "${BASE_URL:?}"
here=$(cd "$(dirname "$0")" && pwd)
umask 077
mkdir -p "$WORK"/{cert,tmp,log,data,sessions,metadata,config,gateways}
if [ ! -s "$WORK/cert/idp.crt" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 -subj "/CN=SimpleSAMLphp" \
    -keyout "$WORK/cert/idp.pem" -out "$WORK/cert/idp.crt" 2>/dev/null
fi
cp "$here/config.php" "$here/authsources.php" "$WORK/config/"
cp "$here"/saml20-*.php "$WORK/metadata/"
export WORK BASE_URL SIMPLESAMLPHP_CONFIG_DIR=$WORK/config

# One worker: with several, php forks children that outlive a killed parent.
# 22527 is E_ALL without notices of deprecation and strictness, which this release of SimpleSAMLphp is full of.
exec php -d variables_order=EGPCS -d session.save_path="$WORK/sessions" -d error_reporting=22527 -d display_errors=0 \
  -S "127.0.0.1:$PORT" -t /usr/share/simplesamlphp/www 2>>"$WORK/log/server.log"
