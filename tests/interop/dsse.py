"""Checks every event signature of a log with a DSSE library that we did not write (securesystemslib).

    dsse.py LOG.jsonl...

The library computes the pre-authentication encoding and verifies; this file only takes the event's bytes out of each line as
they stand, and collects the public keys that records introduce. Not here: who may sign what.
"""

import base64
import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

PAYLOAD_TYPE = "application/vnd.answerable.event.v1+json"


def introduced(body):
    """The public keys that a body introduces: objects with `alg`, `key` and `public_key`."""
    if isinstance(body, dict):
        if set(body) == {"alg", "key", "public_key"}:
            yield body["key"], base64.b64decode(body["public_key"], validate=True)
        for value in body.values():
            yield from introduced(value)
    elif isinstance(body, list):
        for value in body:
            yield from introduced(value)


def main():
    keys, records, signatures = {}, 0, 0
    for name in sys.argv[1:]:
        for line in open(name, "rb").read().split(b"\n")[:-1]:
            record = json.loads(line)
            event = line[len(b'{"event":') : line.rindex(b',"prev":"')]
            for key, public in introduced(record["event"]["body"]):
                keys[key] = SSlibKey(key, "ed25519", "ed25519", {"public": public.hex()})
            signers = [s["key"] for s in record["signatures"]]
            signed = [{"keyid": s["key"], "sig": s["sig"]} for s in record["signatures"]]
            payload = base64.b64encode(event).decode()
            envelope = Envelope.from_dict({"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": signed})
            accepted = envelope.verify([keys[key] for key in signers], len(signers))
            if len(accepted) != len(signers):
                sys.exit(f"record {record['seq']}: {len(accepted)} of {len(signers)} signatures")
            records += 1
            signatures += len(signers)
    print(f"{signatures} signatures of {records} records")


main()
