// Verifies a webhook as a receiver in Node does: secret, headers and body as JSON on standard input.
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
new Webhook(secret).verify(Buffer.from(body, 'base64').toString('utf8'), headers);
