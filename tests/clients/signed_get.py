"""A GET with everything in the query, signed by botocore in the headers with the credentials of the environment:

    signed_get.py 'Action=GetCallerIdentity&Version=2011-06-15' [ACCEPT]

Prints {"status", "type", "body"} as JSON.
"""

import json
import os
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

query, accept = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
url = os.environ["AWS_ENDPOINT_URL_STS"] + "/?" + query
asked = AWSRequest("GET", url)
SigV4Auth(boto3.Session().get_credentials(), "sts", "eu-central-1").add_auth(asked)
headers = dict(asked.headers.items()) | ({"Accept": accept} if accept else {})
try:
    answer = urlopen(Request(url, headers=headers), timeout=20)
except HTTPError as error:
    answer = error
print(json.dumps({"status": answer.status, "type": answer.headers["Content-Type"], "body": answer.read().decode()}))
