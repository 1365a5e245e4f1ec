import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A broker's environment in which `operator` may ask what operators ask, and nobody is asked to wait. */
export function withOperator(folder: string): NodeJS.ProcessEnv {
  const file = join(folder, 'access.yaml');
  writeFileSync(file, 'access:\n  - { platform: operations, rights: [operator], basic: [operator] }\n');
  return {
    HOLDFAST_BASIC_AUTH: 'platform:secret,operator:secret',
    HOLDFAST_ACCESS_FILE: file,
    HOLDFAST_RATE_LIMIT_PER_SECOND: '1000000',
  };
}
