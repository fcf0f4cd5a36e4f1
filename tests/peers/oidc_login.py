"""A real OpenID Connect login without a browser: authorization code with PKCE, redeemed at the token endpoint.

    oidc_login.py --issuer URL --client gateway --secret gateway-secret --callback URL --name alice --password any

Nothing listens at the callback: the login ends when the provider sends the browser there. Nothing is verified but
state. Output: {"id_token": the token, "nonce": the one that was asked for}
"""

import argparse
import json
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from forms import Stuck, Visitor, main


def run():
    arguments = argparse.ArgumentParser()
    for name in ("issuer", "client", "secret", "callback", "name", "password"):
        arguments.add_argument(f"--{name}", required=True)
    wanted = arguments.parse_args()
    visitor = Visitor(wanted.name, wanted.password)
    provider = visitor.session.get(wanted.issuer.rstrip("/") + "/.well-known/openid-configuration", timeout=20).json()
    verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    begin = {
        "response_type": "code",
        "client_id": wanted.client,
        "redirect_uri": wanted.callback,
        "scope": "openid email profile groups",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }

    def answer(url, _fields):
        return parse_qs(urlsplit(url).query) if url.split("?")[0] == wanted.callback else None

    came = visitor.visit(f"{provider['authorization_endpoint']}?{urlencode(begin)}", answer)
    if came.get("state") != [state] or "code" not in came:
        raise Stuck(f"no code came back, but {came.get('error', ['nothing'])[0]}")
    redeem = {
        "grant_type": "authorization_code",
        "code": came["code"][0],
        "redirect_uri": wanted.callback,
        "code_verifier": verifier,
    }
    visitor.session.cookies.clear()  # who redeems is not the person's browser
    tokens = visitor.session.post(
        provider["token_endpoint"], data=redeem, auth=(wanted.client, wanted.secret), timeout=20
    ).json()
    if "id_token" not in tokens:
        raise Stuck(f"no ID token, but {tokens.get('error', 'nothing')}")
    print(json.dumps({"id_token": tokens["id_token"], "nonce": nonce}))


if __name__ == "__main__":
    main(run)
