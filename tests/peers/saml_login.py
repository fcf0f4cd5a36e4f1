"""A real SAML login without a browser; prints what the identity provider would have posted to the gateway.

    saml_login.py --start URL --name student --password studentpass

URL begins the login: the gateway's redirect to the provider (with its SAMLRequest), or the provider's own page for a
login that starts there. Output: {"action": the ACS, "SAMLResponse": base64, "RelayState": text or null}
"""

import argparse
import json

from forms import Visitor, main


def response(url, fields):
    if "SAMLResponse" in fields:
        return {"action": url, "SAMLResponse": fields["SAMLResponse"], "RelayState": fields.get("RelayState")}
    return None


def run():
    arguments = argparse.ArgumentParser()
    for name in ("start", "name", "password"):
        arguments.add_argument(f"--{name}", required=True)
    wanted = arguments.parse_args()
    print(json.dumps(Visitor(wanted.name, wanted.password).visit(wanted.start, response)))


if __name__ == "__main__":
    main(run)
