/** As much of a secret as must not be anywhere: also what was cut short, or is quoted in a line of something else. */
const tellingLength = 20;

/**
 * The names of the secrets that a text holds, as they are or in base64, as a Kubernetes Secret has them.
 * @param secrets by what they are; public certificates are left out
 */
export function leakedSecrets(text: string, secrets: ReadonlyMap<string, string>): readonly string[] {
  return [...secrets]
    .filter(([name, secret]) => !name.endsWith('.certificate') && secret !== '')
    .filter(([, secret]) => tellingParts(secret).some((part) => text.includes(part)))
    .map(([name]) => name);
}

function tellingParts(secret: string): readonly string[] {
  // Of a PEM file, what is between its first and last line.
  const lines = secret.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const encoded = Buffer.from(secret).toString('base64');
  return [...lines, encoded].map((line) => line.slice(0, tellingLength));
}
