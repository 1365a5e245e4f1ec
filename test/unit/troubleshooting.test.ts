import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/osb/errors.js';
import { repository } from '../support/compiled.js';

/* docs/troubleshooting.md tells of every message that the code has for those who run Holdfast, and of their users. */

const document = readFileSync(join(repository, 'docs', 'troubleshooting.md'), 'utf8');

interface Message {
  readonly place: string;
  /** With `…` for what is only known when it is told; `undefined` where it is no text of the code. */
  readonly text: string | undefined;
}

const src = join(repository, 'src');
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const file = join(src, path);
    return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  });

/** @param select answers the expressions of messages in a node */
function messages(select: (node: ts.Node) => readonly ts.Expression[]): readonly Message[] {
  const found: Message[] = [];
  for (const source of sources) {
    const visit = (node: ts.Node): void => {
      for (const expression of select(node)) {
        const { line } = source.getLineAndCharacterOfPosition(expression.getStart(source));
        found.push({ place: `${relative(repository, source.fileName)}:${line + 1}`, text: textOf(expression) });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function textOf(expression: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression)) {
    return [expression.head.text, ...expression.templateSpans.map(({ literal }) => literal.text)].join('…');
  }
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(expression.left), textOf(expression.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

const made =
  (...names: readonly string[]) =>
  (node: ts.Node): readonly ts.Expression[] =>
    ts.isNewExpression(node) && names.includes(node.expression.getText()) ? (node.arguments?.slice(0, 1) ?? []) : [];

/** Of what is called as `log.warn` or `this.#options.log.error`, the message, which comes after the fields. */
function logged(node: ts.Node): readonly ts.Expression[] {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  const isLog = /(^|\.)#?log(ger)?$/.test(expression.getText());
  return isLog && ['warn', 'error', 'fatal'].includes(name.text) ? node.arguments.slice(-1) : [];
}

/** Lines that stop the start, as far as they stand where they are thrown. */
const startLines = (node: ts.Node) =>
  made('StartError')(node).flatMap((lines) => (ts.isArrayLiteralExpression(lines) ? [...lines.elements] : []));

/** What an operation waits for. */
const waits = (node: ts.Node): readonly ts.Expression[] =>
  ts.isCallExpression(node) && node.expression.getText() === 'wait' ? node.arguments.slice(0, 1) : [];

/** Why a server does not serve just now. */
const notServing = (node: ts.Node): readonly ts.Expression[] => {
  const isCause =
    ts.isCallExpression(node) &&
    node.expression.kind === ts.SyntaxKind.SuperKeyword &&
    ts.isClassDeclaration(node.parent.parent.parent.parent) &&
    node.parent.parent.parent.parent.heritageClauses?.some((clause) => clause.getText() === 'extends NotServing');
  return isCause ? node.arguments.slice(0, 1) : [];
};

const missing = (told: readonly Message[]) =>
  told.filter(({ text }) => text !== undefined && !document.includes(`\`${text}\``));

describe('the document of troubleshooting has', () => {
  it('every answer of the API that is an error', () => {
    const rows = Object.values(errorTable).filter(
      ({ status, error }) => !new RegExp(`^\\| ${status} +\\| \`${error}\` +\\|`, 'm').test(document),
    );
    expect(rows).toEqual([]);
  });

  it('every reason why an operation fails for good', () => {
    const told = messages(made('OperatorError', 'UserError'));
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter(({ text }) => text === undefined)).toEqual([]);
    expect(missing(told)).toEqual([]);
  });

  it('every warning and error of the log', () => {
    const told = messages(logged);
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter(({ text }) => text === undefined)).toEqual([]);
    expect(missing(told)).toEqual([]);
  });

  it('what stops the start, and what operations wait for', () => {
    for (const select of [startLines, waits, notServing]) {
      const told = messages(select);
      expect(told.some(({ text }) => text !== undefined)).toBe(true);
      expect(missing(told)).toEqual([]);
    }
  });

  it('what the chart refuses', () => {
    const templates = join(repository, 'deploy', 'helm', 'holdfast', 'templates');
    const told = readdirSync(templates).flatMap((name) =>
      [...readFileSync(join(templates, name), 'utf8').matchAll(/(?:\bfail|\bfail \(printf|\brequired) "([^"]+)"/g)].map(
        ([, text = '']) => ({ place: name, text: text.replaceAll('%s', '…') }),
      ),
    );
    expect(told.length).toBeGreaterThan(4);
    expect(missing(told)).toEqual([]);
  });
});
