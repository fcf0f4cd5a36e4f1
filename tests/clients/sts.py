"""One call of the STS by boto3, with the credentials and the configuration of the environment:

    sts.py assume_role '{"RoleArn": "arn:…", "RoleSessionName": "worker"}'

Prints the answer as JSON; of a refusal `{"refused": {"code", "status", "message", "request"}}`, whichever call of boto3's
own making it met.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

operation, parameters = sys.argv[1], json.loads(sys.argv[2])
try:
    answer = getattr(boto3.client("sts"), operation)(**parameters)
except ClientError as error:
    about, said = error.response["ResponseMetadata"], error.response["Error"]
    answer = {
        "refused": {
            "code": said["Code"],
            "status": about["HTTPStatusCode"],
            "message": said["Message"],
            "request": about["RequestId"],
        }
    }
print(json.dumps(answer, default=str))
