import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalError } from './local-error.js';

/** Where administrators' programs are, which not every PATH names. */
const administration = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Variables for a program that is run for the set-up. */
export function withPath(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: [environment.PATH ?? '/usr/bin:/bin', ...administration].join(':') };
}

interface Options {
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder?: string;
}

/** Runs a program to its end and answers its exit code and what it printed; never throws for an exit code. */
export function tryCommand(
  program: string,
  args: readonly string[],
  { input, environment, folder }: Options = {},
): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: withPath(environment ?? process.env), cwd: folder, stdio: 'pipe' });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', (error) => resolve({ code: 127, output, errors: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output, errors }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Runs a short program and answers what it printed. */
export async function command(program: string, args: readonly string[], options: Options = {}): Promise<string> {
  const { code, output, errors } = await tryCommand(program, args, options);
  if (code !== 0) {
    throw new LocalError(`${program} ${args.slice(0, 3).join(' ')} failed: ${lastLine(errors || output)}`);
  }
  return output;
}

/** Runs a program that takes long; its output goes to a log file, which an error names. */
export async function loggedCommand(
  what: string,
  log: string,
  program: string,
  args: readonly string[],
  options: Omit<Options, 'input'> = {},
): Promise<void> {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'w');
  const code = await new Promise<number>((resolve) => {
    const child = spawn(program, args, {
      env: withPath(options.environment ?? process.env),
      cwd: options.folder,
      stdio: ['ignore', file, file],
    });
    child.on('error', () => resolve(127));
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  closeSync(file);
  if (code !== 0) throw new LocalError(`${what} failed: ${lastLines(log)} (all of its output: ${log})`);
}

/** The end of a log, on one line. */
export function lastLines(log: string, count = 3): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n').slice(-count);
  return lines.map((line) => line.trim().slice(0, 300)).join(' | ') || 'it printed nothing';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'it printed nothing';
}
