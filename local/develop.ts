import { type ChildProcess, spawn } from 'node:child_process';

/** `npm start`, compiled and started again at every change of the code. */
const programs: readonly ChildProcess[] = [
  spawn('node_modules/.bin/tsc', ['-p', '.', '--watch', '--preserveWatchOutput'], { stdio: 'inherit' }),
  spawn(process.execPath, ['--watch', '--watch-preserve-output', 'dist/local/start.js'], { stdio: 'inherit' }),
];

const stop = (signal: NodeJS.Signals) => {
  for (const program of programs) program.kill(signal);
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// One without the other is of no use.
for (const program of programs) program.on('exit', () => stop('SIGTERM'));
