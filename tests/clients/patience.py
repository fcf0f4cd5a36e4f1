"""Asks who it is as often as it is told to, by boto3 with the credentials and the configuration of the environment.

Prints for each answer how often boto3 had to try again.
"""

import json
import sys

import boto3

client = boto3.client("sts")
answers = [client.get_caller_identity() for _ in range(int(sys.argv[1]))]
print(json.dumps([answer["ResponseMetadata"]["RetryAttempts"] for answer in answers]))
