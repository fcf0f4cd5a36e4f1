// Who the AWS SDK for JavaScript says we are, with nothing but the environment of a workload:
// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ENDPOINT_URL_STS and NODE_EXTRA_CA_CERTS. Both ways of the SDK are gone:
// a token file, and a token in hand. Prints GetCallerIdentity's two answers as JSON.
import { readFileSync } from 'node:fs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromTokenFile, fromWebToken } from '@aws-sdk/credential-providers';

const { AWS_ROLE_ARN: roleArn, AWS_ROLE_SESSION_NAME: roleSessionName, AWS_WEB_IDENTITY_TOKEN_FILE: file } = process.env;
const inHand = { roleArn, roleSessionName, webIdentityToken: readFileSync(file, 'utf8') };
const answers = [];
for (const credentials of [fromTokenFile(), fromWebToken(inHand)]) {
  const { UserId, Account, Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand());
  answers.push({ UserId, Account, Arn });
}
console.log(JSON.stringify(answers));
