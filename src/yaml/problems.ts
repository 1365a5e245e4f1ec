import type { z } from 'zod';
import { describe, type Located, positionOf } from './located.js';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** What validation found, as lines that name file, line, field and reason. */
export function problems(issues: readonly Issue[], located: Located, prefix: string): string[] {
  return issues.flatMap((issue) =>
    reasons(issue).map(({ path, reason }) => describe(positionOf(located, path), `${dotted(path, prefix)} ${reason}`)),
  );
}

function reasons(issue: Issue): { path: Path; reason: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], reason: 'is not a known field' }));
  }
  return [{ path: issue.path, reason: reason(issue) }];
}

const words: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function reason(issue: Issue): string {
  const message =
    issue.code === 'invalid_type' && !issue.message.startsWith('must')
      ? `must be ${words[issue.expected] ?? issue.expected}`
      : issue.message;
  if (issue.code === 'invalid_type' && issue.input === undefined) return `is missing: it ${message}`;
  return /^(must|is|has) /.test(message) ? message : `is wrong: ${message}`;
}

/** `plans[1].metadata.bullets`, as a person would write it. */
export function dotted(path: Path, prefix = ''): string {
  const joined = path.reduce<string>(
    (before, part) =>
      typeof part === 'number' ? `${before}[${part}]` : before === '' ? String(part) : `${before}.${String(part)}`,
    prefix,
  );
  return joined === '' ? 'the file' : joined;
}
