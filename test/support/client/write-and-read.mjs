// What an app does with a binding, in a pod: nothing but `uri` and `ca_certificate` is known to it.
import { writeFileSync } from 'node:fs';
import { MongoClient } from 'mongodb';

const { URI, CA_CERTIFICATE, OUTPUT } = process.env;
const client = new MongoClient(URI, { ca: CA_CERTIFICATE, serverSelectionTimeoutMS: 20_000 });
const notes = client.db().collection('notes');
const { insertedId } = await notes.insertOne({ text: 'from a pod' }, { writeConcern: { w: 'majority' } });
const { text } = await notes.findOne({ _id: insertedId }, { readConcern: { level: 'majority' } });
const { setName, hosts } = await client.db().command({ hello: 1 });
await client.close();
writeFileSync(OUTPUT, JSON.stringify({ text, setName, hosts }));
