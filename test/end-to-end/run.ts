import { run } from '../suite.js';

/*
 * Everything on the cluster, or the files that are named.
 *
 *   npm run test:e2e -- [--mongo-image IMAGE] [what vitest takes]
 *
 * IMAGE holds mongod and mongos: with it, sharded clusters are tested with real routers instead of stand-ins.
 */
const options = process.argv.slice(2);
const at = options.indexOf('--mongo-image');
const [, image] = at < 0 ? [] : options.splice(at, 2);
if (at >= 0 && !image) {
  process.stderr.write('--mongo-image needs the name of an image, such as mongo:8.0.17\n');
  process.exitCode = 1;
} else {
  const command = ['node_modules/.bin/vitest', 'run', '--project', 'end-to-end', ...options];
  const succeeded = await run(command, { environment: image ? { TEST_MONGO_IMAGE: image } : {} });
  process.exitCode = succeeded ? 0 : 1;
}
