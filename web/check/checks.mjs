// The words of each check, in the order of the page: its name, what it asks in words for anybody, and the same for who knows the
// format. They stand there whether it holds or not, so they claim nothing. What `judge.js` says of one comes below them.

export const CHECKS = [
  ['checkpoint', 'Checkpoint', 'Whether the seal on this copy can be read: the name of the ledger, how many records it has, and one fingerprint of them all.',
    'It must be a signed note of exactly three lines.'],
  ['signature', 'Signature on the checkpoint', 'Whether the seal was made with the log key that you gave, or with one that took its place.',
    'Strict Ed25519. Each change of log keys must have its checkpoint.'],
  ['records', 'Records', 'Whether all records that the seal counts are here.', 'Every entry bundle that such a ledger has must be there, and whole.'],
  ['form', 'Form of each record', 'Whether each record is written as records must be. What it says is not checked.',
    'It must be one line of canonical JSON within the format’s bounds, with the members of a record and of an event’s envelope, each in its form. What the body holds is not checked.'],
  ['chain', 'Order of the records', 'Whether no record was taken out, put in or moved.',
    'Hash chain: records must count without gaps, each must name the hash of the one before, the ledger’s id, and what its author said last in the same story; the tree that an author had seen must be this one. Time must not run back, nor be more than five minutes before what authors wrote.'],
  ['root', 'Fingerprint of all records', 'Whether the records give the very fingerprint that the seal states.',
    'The Merkle tree over the hashes of all records must have the root of the checkpoint (RFC 6962).'],
  ['leaves', 'Fingerprint of each record', 'Whether each record gives the fingerprint that is published for it.', 'Leaf tiles must hold the leaf hashes of the records.'],
  ['tiles', 'Fingerprints between', 'Whether what is published between the single fingerprints and the one of all records is right.', 'Hash tiles above the leaves must hold what the records give.'],
  ['log', 'Plain records', 'Whether the plain text that people read is the same as what is checked here.', 'Lines under log/ must be the same bytes as those in the bundles.'],
  ['events', 'Signatures on the records', 'Whether each statement is signed by those who are named as its signers, and was not altered since. Whether they had the right to speak is not checked.',
    'DSSE, strict Ed25519, under the keys that records up to it introduce by these names. Each key must be new, named as its actor, and sign where it is introduced. Whether it had been revoked, or its scope, is not checked.'],
  ['attachments', 'Attached files', 'Whether the documents beside the records are the ones that the records name.',
    'Each file under attachments/ that records name, the rules among them, must have the SHA-256 that is its name.'],
];

/** What this page never checks. */
export const NEVER = [
  ['Who may speak', 'Whether each signer had the right to say this.', 'Keys, roles and scope, as they stood at that record.'],
  ['Lawfulness', 'Whether each act is one that the rules allow.', 'The law of its type and of its story.'],
  ['The rest', 'What was said, whether this is the newest copy, and whether others were shown another one.',
    'Bodies, witnesses and the checkpoints that are kept with their signatures.'],
];
