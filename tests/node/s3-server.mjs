// SPDX-License-Identifier: Apache-2.0
// An S3-compatible object storage in a folder, for tests: s3-server.mjs FOLDER PORT BUCKET... It knows the access key S3RVER
// (but computes no signature of version 4) and answers to bucket.s3.localhost as well. Its first line says where it listens.
import S3rver from 's3rver';

const [directory, port, ...buckets] = process.argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1',
  port: Number(port),
  directory,
  silent: true,
  serviceEndpoint: 'localhost',
  configureBuckets: buckets.map((name) => ({ name })),
});
const { port: taken } = await server.run();
console.log(`s3=127.0.0.1:${taken}`);
