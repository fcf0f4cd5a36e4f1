"""Who boto3 says we are, with nothing but the environment of a workload: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN,
AWS_ENDPOINT_URL_STS and AWS_CA_BUNDLE. Prints GetCallerIdentity's answer as JSON."""

import json

import boto3

identity = boto3.client("sts", region_name="us-east-1").get_caller_identity()
print(json.dumps({name: identity[name] for name in ("UserId", "Account", "Arn")}))
