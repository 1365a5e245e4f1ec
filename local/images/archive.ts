import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loggedCommand } from '../command.js';

/** The part of an image's configuration that its maker decides. */
export interface ImageSettings {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Env?: readonly string[];
}

/** The same each time, as the layer is. */
const created = new Date(0).toISOString();
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Packs a root file system as an image of one layer, in the layout of the Open Container Initiative. */
export async function packImage(
  root: string,
  archive: string,
  name: string,
  settings: ImageSettings,
  log: string,
): Promise<void> {
  const layout = `${archive}.layout`;
  const blobs = join(layout, 'blobs', 'sha256');
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(blobs, { recursive: true });
  const layerFile = join(layout, 'layer.tar');
  const tar = ['--create', '--sort=name', '--mtime=@0', '--numeric-owner', '--one-file-system'];
  await loggedCommand(`packing ${name}`, log, 'tar', [...tar, '--directory', root, '--file', layerFile, '.']);
  const layer = await digestOfFile(layerFile);
  renameSync(layerFile, join(blobs, layer));
  const blob = (content: object): { digest: string; size: number } => {
    const text = JSON.stringify(content);
    const digest = createHash('sha256').update(text).digest('hex');
    writeFileSync(join(blobs, digest), text);
    return { digest: `sha256:${digest}`, size: text.length };
  };
  const config = blob({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: [path], ...settings },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    // Builders that go on from an image count its layers by it.
    created,
    history: [{ created, created_by: name }],
  });
  const type = 'application/vnd.oci.image';
  const manifest = blob({
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: { mediaType: `${type}.config.v1+json`, ...config },
    layers: [
      {
        mediaType: `${type}.layer.v1.tar`,
        digest: `sha256:${layer}`,
        size: statSync(join(blobs, layer)).size,
      },
    ],
  });
  const annotations = { 'io.containerd.image.name': name };
  const index = { schemaVersion: 2, manifests: [{ mediaType: `${type}.manifest.v1+json`, ...manifest, annotations }] };
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await loggedCommand(`packing ${name}`, log, 'tar', ['--create', '--directory', layout, '--file', archive, '.']);
  writeFileSync(`${archive}.digest`, manifest.digest);
  rmSync(layout, { recursive: true, force: true });
}

function digestOfFile(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(file)
      .on('error', reject)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')));
  });
}
