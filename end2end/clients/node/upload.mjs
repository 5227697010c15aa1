// Uploads a file with tus-js-client: upload.mjs ENDPOINT FILE METADATA(JSON) CHUNK(bytes, 0: all at once)
// The value of Authorization comes in the environment. Prints a line for each progress, and the upload's address at the end.
import { createReadStream, statSync } from 'node:fs';
import { Upload } from 'tus-js-client';

const [endpoint, file, metadata, chunk] = process.argv.slice(2);

const upload = new Upload(createReadStream(file), {
  endpoint,
  headers: { Authorization: process.env.AUTHORIZATION },
  metadata: JSON.parse(metadata),
  uploadSize: statSync(file).size,
  chunkSize: Number(chunk) || Infinity,
  retryDelays: Array(100).fill(100),
  onProgress: (sent) => console.log(`progress ${sent}`),
  onSuccess: () => console.log(`done ${upload.url}`),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
});
upload.start();
