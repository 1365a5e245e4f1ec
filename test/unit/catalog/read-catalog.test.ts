import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCatalog } from '../../../src/catalog/read-catalog.js';
import { FileError } from '../../../src/yaml/file-error.js';
import { notebook } from '../../support/edge-only.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const right = `offerings:
  - name: notes
    id: service-1
    service: notebook
    description: Notes
    bindable: true
    defaults: { pages: 10 }
    plans:
      - name: small
        id: plan-1
        description: A few
        free: true
        maximum_polling_duration: 60
        maintenance_info: { version: 1.0.0 }
        template:
          pages: 3
      - name: large
        id: plan-2
        description: Many
        free: false
        bindable: false
        maximum_polling_duration: 60
`;

const folder = temporaryFolder('catalog');

function write(files: Readonly<Record<string, string>>): (name: string) => string {
  const directory = mkdtempSync(join(folder, 'of-a-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return (name) => join(directory, name);
}

const services = new Map([['notebook', notebook]]);

/** The lines of the error, without the directory of the file. */
function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const path = write(files);
  const directory = relative('.', path('')).startsWith('..') ? path('') : relative('.', path(''));
  try {
    readCatalog(path('catalog.yaml'), services);
    return [];
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.lines.map((line) => line.replace(directory, '').replace(/^\//, ''));
  }
}

test('a right catalog is read', () => {
  const catalog = readCatalog(write({ 'catalog.yaml': right })('catalog.yaml'), services);
  expect(catalog.find('service-1', 'plan-1')?.plan.template).toEqual({ pages: 3 });
  expect(catalog.find('service-1', 'plan-2')?.plan).toMatchObject({ template: { pages: 10 }, bindable: false });
  expect(catalog.find('service-1', 'plan-3')).toBeUndefined();
  expect(catalog.find('plan-1', 'plan-1')).toBeUndefined();
  expect(catalog.findOffering('service-1')?.name).toBe('notes');
});

test('plan_updateable is the word of the plan, or else of the offering; whatever is not said is false', () => {
  const read = (text: string) => readCatalog(write({ 'catalog.yaml': text })('catalog.yaml'), services).offerings[0];
  const said = right
    .replace('bindable: true', 'bindable: true\n    plan_updateable: true\n    allow_context_updates: true')
    .replace('free: true', 'free: true\n        plan_updateable: false\n        binding_rotatable: true');
  expect(read(said)).toMatchObject({
    allowContextUpdates: true,
    plans: [
      { planUpdateable: false, bindingRotatable: true },
      { planUpdateable: true, bindingRotatable: false },
    ],
  });
  const neither = { planUpdateable: false, bindingRotatable: false };
  expect(read(right)).toMatchObject({ allowContextUpdates: false, plans: [neither, neither] });
});

describe('a wrong catalog is told by file, line and reason', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, ...lines: string[]])[] = [
    ['no YAML', '  - name: notes', '  - name: [notes', 'catalog.yaml:3: is no YAML: '],
    ['an empty file', right, '', 'catalog.yaml:1: the file must be a map'],
    [
      'a polling duration of 0',
      'maximum_polling_duration: 60\n        maintenance',
      'maximum_polling_duration: 0\n        maintenance',
      'catalog.yaml:13: offerings[0].plans[0].maximum_polling_duration must be a whole number of seconds greater than 0',
    ],
    [
      'a typo',
      'free: true',
      'fre: true',
      'catalog.yaml:9: offerings[0].plans[0].free is missing: it must be true or false',
      'catalog.yaml:12: offerings[0].plans[0].fre is not a known field',
    ],
    ['a wrong type', 'description: Notes', 'description: 5', 'catalog.yaml:5: offerings[0].description must be a text'],
    [
      'a bad name',
      'name: small',
      'name: Small',
      'catalog.yaml:9: offerings[0].plans[0].name must be made of a-z, 0-9 and -',
    ],
    ['a bad version', '1.0.0', '1.0', 'catalog.yaml:14: offerings[0].plans[0].maintenance_info.version must be a text'],
    [
      'no semantic version',
      '1.0.0',
      '1.0.x',
      'catalog.yaml:14: offerings[0].plans[0].maintenance_info.version must be a semantic version, such as 1.0.0',
    ],
    [
      'an unknown service',
      'service: notebook',
      'service: notebok',
      'catalog.yaml:4: offerings[0].service must be one of: notebook',
    ],
    [
      'an id used twice',
      'id: plan-2',
      'id: plan-1',
      'catalog.yaml:18: offerings[0].plans[1].id "plan-1" is that of offerings[0].plans[0].id already',
    ],
    [
      'a name used twice',
      'name: large',
      'name: small',
      'catalog.yaml:17: offerings[0].plans[1].name "small" is that of offerings[0].plans[0].name already',
    ],
    [
      'a template that the service refuses',
      'pages: 3',
      'pages: none',
      'catalog.yaml:16: offerings[0].plans[0].template.pages must be a number',
    ],
    [
      'a default that the service refuses',
      'defaults: { pages: 10 }',
      'defaults: { pages: 10, size: 3 }',
      'catalog.yaml:7: offerings[0].plans[0].template.size is not a known field',
      'catalog.yaml:7: offerings[0].plans[1].template.size is not a known field',
    ],
  ];

  test.each(cases)('%s', (_, from, to, ...lines) => {
    const problems = problemsOf({ 'catalog.yaml': right.replace(from, to) });
    expect(problems).toHaveLength(lines.length);
    lines.forEach((line, index) => {
      expect(problems[index]).toContain(line);
    });
  });

  test('a file that is not there', () => {
    expect(() => readCatalog('/nowhere/catalog.yaml', services)).toThrow(
      /^\/nowhere\/catalog.yaml:1: cannot be read: ENOENT/,
    );
  });
});

describe('a catalog that extends another', () => {
  test('merges maps, offerings and plans by name, and takes away what is null', () => {
    const path = write({
      'base.yaml': right,
      'catalog.yaml': `extends: base.yaml
offerings:
  - name: notes
    description: Better notes
    plans:
      - name: small
        maintenance_info: null
        template: { pages: 4 }
      - name: huge
        id: plan-3
        description: Very many
        free: false
        maximum_polling_duration: 60
`,
    });
    const catalog = readCatalog(path('catalog.yaml'), services);
    expect(catalog.offerings[0]?.description).toBe('Better notes');
    expect(catalog.plans().map(({ plan }) => [plan.name, plan.template])).toEqual([
      ['small', { pages: 4 }],
      ['large', { pages: 10 }],
      ['huge', { pages: 10 }],
    ]);
    expect(catalog.find('service-1', 'plan-1')?.plan.maintenanceInfo).toBeUndefined();
  });

  test('takes away what is not offered', () => {
    const path = write({
      'base.yaml': right,
      'catalog.yaml':
        'extends: base.yaml\nofferings:\n  - name: notes\n    plans:\n      - { name: small, offered: false }\n',
    });
    const names = readCatalog(path('catalog.yaml'), services)
      .plans()
      .map(({ plan }) => plan.name);
    expect(names).toEqual(['large']);
  });

  test('tells that it takes away what there is not', () => {
    const over =
      'extends: base.yaml\nofferings:\n  - name: notes\n    plans:\n      - { name: smal, offered: false }\n';
    const [problem] = problemsOf({ 'base.yaml': right, 'catalog.yaml': over });
    expect(problem).toContain('catalog.yaml:5: offerings[0].plans[2]');
  });

  test('tells the file that a mistake is in', () => {
    const over = 'extends: base.yaml\nofferings:\n  - name: notes\n    bindable: perhaps\n';
    expect(problemsOf({ 'base.yaml': right, 'catalog.yaml': over })).toEqual([
      'catalog.yaml:4: offerings[0].bindable must be true or false',
    ]);
    const wrongBase = right.replace('free: true', 'free: 1');
    expect(problemsOf({ 'base.yaml': wrongBase, 'catalog.yaml': 'extends: base.yaml\n' })).toEqual([
      'base.yaml:12: offerings[0].plans[0].free must be true or false',
    ]);
  });

  test('cannot extend itself', () => {
    expect(problemsOf({ 'catalog.yaml': 'extends: catalog.yaml\n' })).toEqual(['catalog.yaml:1: extends itself']);
  });
});
