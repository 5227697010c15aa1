// Fetches a file with Node: fetch.mjs (get|fetch) URL OUT [USER PASSWORD]
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const [way, url, out, user, password] = process.argv.slice(2);
const { get } = await import(url.startsWith('https:') ? 'node:https' : 'node:http');

function withGet() {
  const options = user ? { auth: `${user}:${password}` } : {};
  return new Promise((resolve, reject) => {
    get(new URL(url), options, (answer) => resolve([answer.statusCode, answer])).on('error', reject);
  });
}

async function withFetch() {
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  const answer = await fetch(url, user ? { headers: { Authorization: `Basic ${token}` } } : {});
  return [answer.status, Readable.fromWeb(answer.body)];
}

const [status, body] = await (way === 'get' ? withGet() : withFetch());
if (status === 200) await pipeline(body, createWriteStream(out));
else body.resume();
