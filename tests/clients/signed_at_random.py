"""Requests by chance, signed by botocore; nothing is sent:

    signed_at_random.py COUNT SEED TIME HOST KEYS OUT

TIME as 20310101T120000Z; KEYS is a JSON list of [id, secret, token or null]. Writes one request a line to OUT as JSON:
{"by": index, "form", "method", "path", "query", "headers": [[name, value]], "body"}. Of three forms: `header` signs in a
header, `query` in the query (a presigned URL), both for GetCallerIdentity; `elsewhere` has a method and a path by chance.
"""

import datetime
import json
import random
import sys
from urllib.parse import quote

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

count, seed, host, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[4], sys.argv[6]
noon = datetime.datetime.strptime(sys.argv[3], "%Y%m%dT%H%M%SZ")
keys = [Credentials(*key) for key in json.loads(sys.argv[5])]
chance = random.Random(seed)
now = noon
# Read by every signature; the time by chance is within what every server takes.
botocore.auth.get_current_datetime = lambda *_, **__: now

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "äöüßéñøłžŠ",
    "日本語文字列テスト한국어",
    "😀👩‍🚀🏳️‍🌈",
    "\t\x01\x7f\u00a0\u202e\ufeff",
]


def text(most, alphabets=ALPHABETS):
    return "".join(chance.choice(chance.choice(alphabets)) for _ in range(chance.randint(1, most)))


def pairs(action):
    named = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")] if action else []
    names = {f"{text(12)}{number}" for number in range(chance.randint(0, 6))}
    all_of_them = named + [(name, text(40) if chance.random() < 0.9 else "") for name in names]
    chance.shuffle(all_of_them)
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in all_of_them)


def headers():
    # Blanks at the ends and in a row are what both sides must read alike.
    values = ALPHABETS[:2] + ["   "]
    names = {"x-r-" + text(10, ALPHABETS[:1]).lower() for _ in range(chance.randint(0, 4))}
    return {name: text(30, values).strip() or "v" for name in names}


def path():
    segments = [quote(text(10), safe="-_.~") for _ in range(chance.randint(1, 4))]
    segments = [{".": "%2E.", "..": "dots"}.get(segment, segment) for segment in segments]
    return "/" + "/".join(segments) + chance.choice(["", "/"])


def signed(number):
    global now
    now = noon + datetime.timedelta(seconds=chance.randint(-240, 240))
    by = chance.randrange(len(keys))
    region = chance.choice(["us-east-1", "eu-central-1", "ap-southeast-2", "moon-1", text(12, ALPHABETS[:1]).lower()])
    form = ["header", "header", "header", "query", "query", "elsewhere"][number % 6]
    method, where, body, query = "POST", "/", "", ""
    if form == "elsewhere":
        method, where = chance.choice(["GET", "PUT", "POST", "DELETE", "PATCH"]), path()
        query, body = pairs(False), chance.choice(["", pairs(False)])
    elif form == "header" and chance.random() < 0.6:
        body = pairs(True)
    else:
        method, query = "GET", pairs(True)
    given = headers()
    if body:
        given["Content-Type"] = "application/x-www-form-urlencoded" + chance.choice(["", "; charset=utf-8"])
    request = AWSRequest(method, f"http://{host}{where}" + (f"?{query}" if query else ""), given, body)
    if form == "query":
        SigV4QueryAuth(keys[by], "sts", region, expires=chance.randint(1, 900)).add_auth(request)
    else:
        SigV4Auth(keys[by], "sts", region).add_auth(request)
    target = request.url.removeprefix(f"http://{host}")
    where, _, query = target.partition("?")
    sent = [[name.lower(), str(value)] for name, value in request.headers.items()]
    return {
        "by": by, "form": form, "method": method, "path": where, "query": query,
        "headers": [["host", host]] + sent, "body": body,
    }


with open(out, "w") as file:
    for number in range(count):
        print(json.dumps(signed(number)), file=file)
print(json.dumps({"signed": count}))
