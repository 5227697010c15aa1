// The unmodified @voximplant/apiclient-nodejs, called by lines of JSON: a method and its arguments in, what it resolved
// with out. Arguments named ...Date are moments.
import { createInterface } from 'node:readline';
import apiclient from '@voximplant/apiclient-nodejs';

const [pathToCredentials, host] = process.argv.slice(2);
const client = new apiclient.default({ pathToCredentials, host });
await new Promise((ready) => (client.onReady = ready));

for await (const line of createInterface({ input: process.stdin })) {
  const [method, args] = JSON.parse(line);
  for (const name of Object.keys(args).filter((name) => name.endsWith('Date'))) args[name] = new Date(args[name] + 'Z');
  const group = Object.values(client).find((group) => typeof group?.[method] === 'function');
  const answer = group ? await group[method](args) : client[method]();
  console.log(JSON.stringify(answer));
}
