"""Every case of the table by boto3:

    conformance_boto3.py ENDPOINT CASES(FILE)

Prints what came of each as JSON: {"name", "unsent": why} where boto3 refuses by itself, {"name", "status", "code",
"message"} of a refusal, {"name", "status", "answer", "misshapen": […]} else. `misshapen` is what botocore's own model of
the service says against the answer as it came: a member that it does not know, one that must be there, one out of bounds.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import parse_timestamp
from botocore import xform_name

endpoint, cases = sys.argv[1], json.load(open(sys.argv[2]))
config = Config(retries={"total_max_attempts": 1})
session = boto3.Session(region_name="us-east-1")


def bare(element):
    return element.tag.split("}")[-1]


def bounds(shape, text, where):
    limits = shape.metadata
    size = int(text) if shape.type_name == "integer" else len(text)
    if size < limits.get("min", size) or size > limits.get("max", size):
        yield f"{where} has {size}, which is not {limits}"
    # The model's patterns are Java's, of which Python takes these as they are.
    if "pattern" in limits and shape.type_name == "string" and not re.fullmatch(limits["pattern"], text):
        yield f"{where} does not match {limits['pattern']}"


def against(shape, element, where):
    if shape.type_name == "structure":
        names = [bare(child) for child in element]
        yield from (f"{where} has {name} {names.count(name)} times" for name in set(names) if names.count(name) > 1)
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        yield from (f"{where} lacks {name}" for name in shape.required_members if name not in names)
        for child in element:
            name = bare(child)
            if name not in known:
                yield f"{where} has a member {name}, which is none"
            else:
                yield from against(known[name], child, f"{where}.{name}")
    elif len(element):
        yield f"{where} has members and is no structure"
    elif shape.type_name == "timestamp":
        parse_timestamp(element.text or "")
    else:
        yield from bounds(shape, element.text or "", where)


def misshapen(operation, body):
    root = ElementTree.fromstring(body)
    result, metadata = (list(root) + [None, None])[:2]
    name = operation.name
    frame = [bare(element) for element in [root, *root]]
    if frame != [f"{name}Response", f"{name}Result", "ResponseMetadata"]:
        yield f"the frame is {frame}"
        return
    if not root.tag.startswith("{https://sts.amazonaws.com/doc/2011-06-15/}"):
        yield f"the namespace is that of {root.tag}"
    if [bare(element) for element in metadata] != ["RequestId"] or not metadata[0].text:
        yield "ResponseMetadata is not a RequestId alone"
    yield from against(operation.output_shape, result, name)


def run(case):
    keys = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), case["by"] or []))
    client = session.client("sts", endpoint_url=endpoint, config=config, **keys)
    flaws = []

    def look(operation_model, response_dict, **_):
        if response_dict["status_code"] == 200:
            flaws.extend(misshapen(operation_model, response_dict["body"]))

    client.meta.events.register("before-parse.sts", look)
    try:
        answer = getattr(client, xform_name(case["action"]))(**case["parameters"])
    except ClientError as error:
        said, about = error.response["Error"], error.response["ResponseMetadata"]
        return {"status": about["HTTPStatusCode"], "code": said["Code"], "message": said["Message"]}
    except BotoCoreError as error:
        return {"unsent": str(error)}
    about = answer.pop("ResponseMetadata")
    return {"status": about["HTTPStatusCode"], "answer": answer, "misshapen": flaws}


print(json.dumps([{"name": case["name"], **run(case)} for case in cases], default=lambda it: it.isoformat()))
