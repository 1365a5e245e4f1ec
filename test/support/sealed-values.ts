import type { Db, Document } from 'mongodb';

/** Where the store holds something sealed with a key, in whichever collection and field: found by its form alone. */
export async function sealedWith(store: Db, key: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { collectionName } of await store.collections()) {
    for (const document of await store.collection(collectionName).find().toArray()) {
      for (const path of pathsOf(document, key)) found.push(`${collectionName}/${document._id}${path}`);
    }
  }
  // What the store knows each key by stays.
  return found.filter((path) => !path.startsWith('encryption_keys/'));
}

function pathsOf(value: unknown, key: string, path = ''): readonly string[] {
  if (value === null || typeof value !== 'object' || '_bsontype' in value) return [];
  const { key: id, iv, tag } = value as Document;
  const here = id === key && iv !== undefined && tag !== undefined ? [path] : [];
  return [...here, ...Object.entries(value).flatMap(([name, child]) => pathsOf(child, key, `${path}/${name}`))];
}
