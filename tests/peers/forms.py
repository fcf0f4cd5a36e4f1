"""A browser without a window: follows redirects, fills in login forms, presses on.

Shared by saml_login.py and oidc_login.py. It knows no provider: the first form with a password field is the login,
any other form is sent as it stands.
"""

import socket
import sys
from urllib.parse import urljoin

import requests
import urllib3
from bs4 import BeautifulSoup

MOST_PAGES = 25
LOGIN_FIELDS = {"username", "login", "user"}

# A name that the browser maps to loopback as well, and one that may lead to IPv6, where no provider listens.
OURS = {"gate.test", "localhost"}
_resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: _resolve("127.0.0.1" if host in OURS else host, *rest, **more)


urllib3.disable_warnings()


class Stuck(Exception):
    """The login cannot go on; the text says where."""


class Visitor:
    """One person at one provider. `stop` sees every URL before it is fetched and every form before it is sent; what
    it returns, if not None, ends the visit."""

    def __init__(self, name, password):
        self.name, self.password = name, password
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = False  # a provider's certificate is as young as the test

    def visit(self, url, stop):
        request = ("GET", url, {})
        for _ in range(MOST_PAGES):
            found = stop(request[1], request[2])
            if found is not None:
                return found
            request = self._step(*request)
        raise Stuck(f"no end after {MOST_PAGES} pages, at {request[1]}")

    def _step(self, method, url, fields):
        page = self._fetch(method, url, fields)
        if page.is_redirect:
            return "GET", urljoin(url, page.headers["Location"]), {}
        if page.status_code != 200:
            raise Stuck(f"{page.status_code} at {url}")
        forms = BeautifulSoup(page.text, "html.parser").find_all("form")
        if not forms:
            raise Stuck(f"neither a form nor a redirect at {url}")
        login = [form for form in forms if form.find("input", type="password")]
        form = (login or forms)[0]
        return (form.get("method") or "get").upper(), urljoin(url, form.get("action") or url), self._fill(form)

    def _fill(self, form):
        fields = {}
        for field in form.find_all("input"):
            name, kind = field.get("name"), (field.get("type") or "text").lower()
            if not name or kind in ("checkbox", "radio") and not field.has_attr("checked"):
                continue
            if kind == "password":
                fields[name] = self.password
            elif kind in ("text", "email") and name.lower() in LOGIN_FIELDS:
                fields[name] = self.name
            else:
                fields[name] = field.get("value", "")
        button = form.find("button", attrs={"name": True})
        if button:
            fields.setdefault(button["name"], button.get("value", ""))
        return fields

    def _fetch(self, method, url, fields):
        where = {"params": fields} if method == "GET" and fields else {"data": fields} if fields else {}
        return self.session.request(method, url, allow_redirects=False, timeout=20, **where)


def main(run):
    """Runs a login and turns its failure into one line and exit code 1."""
    try:
        run()
    except (Stuck, requests.RequestException) as failure:
        sys.exit(f"{sys.argv[0]}: {failure}")
