/** A defect that is made on purpose, and the test that has to find it. */
export interface Mutation {
  /** What is taken away. */
  readonly name: string;
  readonly file: string;
  /** Found exactly once in the file. */
  readonly from: string;
  readonly to: string;
  readonly suite: 'unit' | 'services' | 'end-to-end' | 'recovery';
  readonly test: string;
  /** Beginning of the title, where one test of the file is enough. */
  readonly title?: string;
}
