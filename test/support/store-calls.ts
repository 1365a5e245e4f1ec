import { join, relative } from 'node:path';
import { Collection } from 'mongodb';
import ts from 'typescript';
import { repository } from './compiled.js';

/** Where each method of a collection that looks for documents takes its options. */
const optionsAt = {
  aggregate: 1,
  bulkWrite: 1,
  countDocuments: 1,
  deleteMany: 1,
  deleteOne: 1,
  distinct: 2,
  find: 1,
  findOne: 1,
  findOneAndUpdate: 2,
  updateMany: 2,
  updateOne: 2,
} as const;
/** Those that look for none. */
const others: ReadonlySet<string> = new Set(['insertOne', 'insertMany']);

/** Of what is no part of the broker. */
export const elsewhere = 'elsewhere';

/** A place of `src` where the broker looks for documents in the store. */
export interface CallSite {
  /** Such as `src/store/locks.ts:26`. */
  readonly place: string;
  /** The function or the method that it stands in, such as `store/locks.ts#take`. */
  readonly within: string;
}

/** All that there are. */
export function callSites(): readonly CallSite[] {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    join(repository, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
      },
    },
  );
  if (!parsed) throw new Error('there is no tsconfig.json');
  const program = ts.createProgram(
    parsed.fileNames.filter((file) => file.startsWith(join(repository, 'src/'))),
    parsed.options,
  );
  const checker = program.getTypeChecker();
  const sites = new Map<string, CallSite>();
  const visit = (source: ts.SourceFile) => (node: ts.Node) => {
    if (ts.isPropertyAccessExpression(node) && ofCollection(checker, node.expression)) {
      const method = node.name.text;
      const { line } = source.getLineAndCharacterOfPosition(node.name.getStart(source));
      const place = `${relative(repository, source.fileName)}:${line + 1}`;
      if (method in optionsAt) {
        const within = `${relative(join(repository, 'src'), source.fileName)}#${nameAround(node).replace('#', '')}`;
        sites.set(place, { place, within });
      } else if (!others.has(method) && ts.isCallExpression(node.parent))
        throw new Error(`${place}: ${method} is not known`);
    }
    ts.forEachChild(node, visit(source));
  };
  for (const source of program.getSourceFiles()) {
    if (source.fileName.startsWith(join(repository, 'src/'))) visit(source)(source);
  }
  return [...sites.values()];
}

function nameAround(node: ts.Node): string {
  for (let around = node.parent; around; around = around.parent) {
    if ((ts.isMethodDeclaration(around) || ts.isFunctionDeclaration(around)) && around.name)
      return around.name.getText();
    const { initializer } = ts.isVariableDeclaration(around) ? around : {};
    if (initializer && ts.isArrowFunction(initializer)) return initializer.parent.getChildAt(0).getText();
  }
  throw new Error(`${node.getText()} stands in no function`);
}

function ofCollection(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  return checker.getTypeAtLocation(expression).getSymbol()?.getName() === 'Collection';
}

/**
 * Has every command that a collection of this process sends carry the place of `src` that it comes from as its comment,
 * which the store's profile keeps.
 * @returns what ends that
 */
export function noteCallSites(): () => void {
  const restore = Object.entries(optionsAt).map(([method, position]) => {
    const original = Object.getOwnPropertyDescriptor(Collection.prototype, method);
    if (typeof original?.value !== 'function') throw new Error(`a collection has no ${method}`);
    const noted = function (this: unknown, ...args: unknown[]) {
      const options = (args[position] ?? {}) as { readonly comment?: unknown };
      const most = [...args, ...Array.from({ length: Math.max(0, position - args.length) }, () => undefined)];
      most[position] = { ...options, comment: options.comment ?? siteOf(new Error('here').stack ?? '') };
      return original.value.apply(this, most);
    };
    Object.defineProperty(Collection.prototype, method, { ...original, value: noted });
    return () => Object.defineProperty(Collection.prototype, method, original);
  });
  return () => {
    for (const each of restore) each();
  };
}

/** The innermost frame that is no library's and not ours. */
function siteOf(stack: string): string {
  const frames = stack.split('\n').filter((line) => line.includes(repository) && !line.includes('node_modules'));
  const caller = frames.find((line) => !line.includes('store-calls.ts')) ?? '';
  const [, file, line] = /\/(src\/[^:)]+\.ts):(\d+):\d+/.exec(caller) ?? [];
  return file === undefined ? elsewhere : `${file}:${line}`;
}
