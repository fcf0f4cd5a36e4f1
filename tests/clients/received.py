"""What a service would receive of boto3, with the credentials of the environment; nothing is sent:

    received.py SERVICE OPERATION PARAMETERS(JSON) [whole]

`whole` signs the body of an S3 request as well, which boto3 does not do by itself over TLS.
Prints {"method", "url", "headers", "payload_sha256"} as JSON.
"""

import hashlib
import json
import sys

import boto3
from botocore.config import Config

service, operation, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
whole = sys.argv[4:] == ["whole"]


def receive(request, **_):
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    body = request.body or b""
    body = body if isinstance(body, (bytes, str)) else body.read()
    body = body.encode() if isinstance(body, str) else body
    headers = {name: text(value) for name, value in request.headers.items()}
    payload = hashlib.sha256(body).hexdigest()
    print(json.dumps({"method": request.method, "url": request.url, "headers": headers, "payload_sha256": payload}))
    sys.exit(0)


config = Config(
    request_checksum_calculation="when_required" if whole else "when_supported",
    s3={"addressing_style": "path", "payload_signing_enabled": whole},
)
client = boto3.client(service, endpoint_url="https://files.example.com", region_name="eu-west-1", config=config)
client.meta.events.register("before-send", receive)
getattr(client, operation)(**parameters)
