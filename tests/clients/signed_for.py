"""One request that botocore signs for a service of one's own, with the credentials of the environment:

    signed_for.py ADDRESS METHOD PATH [BODY | --presigned]

It is signed for https://files.example.com and sent to ADDRESS, a host with its port, in the clear.
Prints {"status", "headers", "body"} as JSON.
"""

import http.client
import json
import sys

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest

address, method, path = sys.argv[1:4]
more = sys.argv[4] if len(sys.argv) > 4 else ""
presigned, origin = more == "--presigned", "https://files.example.com"
body = b"" if presigned else more.encode()
credentials = boto3.Session().get_credentials()
asked = AWSRequest(method, origin + path, data=body)
signer = SigV4QueryAuth(credentials, "files", "eu-west-1") if presigned else SigV4Auth(credentials, "files", "eu-west-1")
signer.add_auth(asked)

connection = http.client.HTTPConnection(address, timeout=20)
connection.putrequest(method, asked.url.removeprefix(origin), skip_host=True)
for name, value in ({"Host": "files.example.com"} | dict(asked.headers.items())).items():
    connection.putheader(name, value)
if body:
    connection.putheader("Content-Length", str(len(body)))
connection.endheaders(body or None)
answer = connection.getresponse()
headers = {name.lower(): value for name, value in answer.getheaders()}
print(json.dumps({"status": answer.status, "headers": headers, "body": answer.read().decode()}))
