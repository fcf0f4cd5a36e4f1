"""Every case of the table by the AWS CLI, version 1 or 2, as whose Python runs this:

    conformance_cli.py ENDPOINT CASES(FILE)

The CLI's own entry, called once for each case in one process: what it costs to start a hundred times is nobody's to test.
Prints the same as conformance_boto3.py; the status, which the CLI does not print, is taken on its way.
"""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import create_clidriver

try:
    from botocore import xform_name
except ImportError:
    from awscli.botocore import xform_name

endpoint, cases = sys.argv[1], json.load(open(sys.argv[2]))
os.environ |= {"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": "us-east-1"}
KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
driver = create_clidriver()
seen = {}


def look(http_response, parsed, **_):
    seen.update(status=http_response.status_code, error=parsed.get("Error"))


driver.session.register("after-call.sts", look)


def run(case):
    for name in KEYS:
        os.environ.pop(name, None)
    os.environ.update({name: key for name, key in zip(KEYS, case["by"] or []) if key})
    # What the session remembers of the case before.
    driver.session._credentials = None
    seen.clear()
    arguments = ["sts", xform_name(case["action"], "-"), "--cli-input-json", json.dumps(case["parameters"])]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = driver.main([*arguments, "--endpoint-url", endpoint, "--output", "json"])
        except SystemExit as end:
            status = end.code
    if not seen:
        return {"unsent": err.getvalue().strip() or f"it ends with {status}"}
    if seen["error"]:
        code, message = seen["error"]["Code"], seen["error"]["Message"]
        told = f"({code})" in err.getvalue() and status != 0
        return {"status": seen["status"], "code": code if told else f"not told: {err.getvalue()}", "message": message}
    return {"status": seen["status"], "answer": json.loads(out.getvalue())}


print(json.dumps([{"name": case["name"], **run(case)} for case in cases]))
