// Every case of the table by the AWS SDK for JavaScript:
//
//     conformance.mjs ENDPOINT CASES(FILE)
//
// Prints the same as conformance_boto3.py.
import { readFileSync } from 'node:fs';
import * as sts from '@aws-sdk/client-sts';

const [, , endpoint, file] = process.argv;

const run = async ({ action, by, parameters }) => {
  const [accessKeyId, secretAccessKey, sessionToken] = by ?? [];
  const credentials = by ? { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? undefined } : undefined;
  const client = new sts.STSClient({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  const command = sts[`${action}Command`];
  if (!command) return { unsent: `there is no ${action}` };
  try {
    const { $metadata, ...answer } = await client.send(new command(parameters));
    return { status: $metadata.httpStatusCode, answer };
  } catch (error) {
    const status = error.$metadata?.httpStatusCode;
    if (!status) return { unsent: `${error}` };
    return { status, code: error.Code ?? error.name, message: error.message };
  } finally {
    client.destroy();
  }
};

const told = [];
for (const one of JSON.parse(readFileSync(file, 'utf8'))) told.push({ name: one.name, ...(await run(one)) });
console.log(JSON.stringify(told));
