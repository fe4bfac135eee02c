#!/usr/bin/env python3
"""A second verifier of Answerable ledgers, by docs/FORMAT.md. It shares no code with the first; its author had read the first.

What is in it: bytes, chain, signatures, keys and authority by position, tree, checkpoints, handovers, attachments,
tiles and entry bundles, receipts, witnesses' cosignatures under a trust policy. Not here: the law (docs/LAW.md).

It needs Python 3.9 and the package `cryptography` (requirements.txt), no network, no home, no cache. The rules bundle is
data: schemas and role table. It is believed only if it hashes to RULES_SHA256. Section numbers are those of FORMAT.md.
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import sys
import time
import unicodedata
from bisect import bisect_right
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# The bundle of version 1: the only rules that this program judges by. A test holds it current.
RULES_SHA256 = "d42061ecd8cae754082a060c7b6092588d5ba156c6f805637dd603a91a887b68"
RULES_VERSION = 1

# --- Faults (section 9) ------------------------------------------------------------------------------------------

# The order in which faults are reported: what is broken first breaks the rest.
BYTES, CHAIN, TREE, CHECKPOINT, SIGNATURES, PLACE = range(6)
MAX_LISTED = 100
# Faults that no record of an unknown kind can explain away.
CERTAIN = {"signature.bad", "signature.malformed", "signature.signers_differ", "event.seen_contradicted"}


class Fault(Exception):
    """A check that failed: a stable code (docs/CODES.md), where, what was expected and what was found."""

    def __init__(self, stage, code, message, seq=None, expected=None, found=None, unverifiable=False):
        super().__init__(message)
        self.stage, self.code, self.message, self.seq = stage, code, message, seq
        self.expected, self.found, self.unverifiable = expected, found, unverifiable

    def at(self, seq):
        self.seq = seq
        return self

    def to_json(self):
        out = {"code": self.code, "seq": self.seq, "message": self.message, "expected": self.expected, "found": self.found}
        return {k: (v if k in ("code", "seq", "message") else str(v)) for k, v in out.items() if v is not None}


class BadCall(Exception):
    """The call was wrong: exit 2."""


# --- Bytes as text (section 3) -----------------------------------------------------------------------------------

ZERO_HASH = bytes(32)


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode("ascii")


def unb64(text, length=None):
    """RFC 4648 section 4: padded, zero trailing bits. None for anything else, or another length."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if b64(data) == text and length in (None, len(data)) else None


def is_hex32(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


# --- Canonical JSON (sections 3 and 4) ---------------------------------------------------------------------------

MAX_RECORD, MAX_EVENT, MAX_DEPTH, MAX_ARRAY, MAX_OBJECT, MAX_STRING = 65_535, 32_768, 16, 1024, 256, 16_384
MAX_INTEGER = 2**53 - 1
# Deeper than this no reader needs to follow a text: it is too deep, whatever comes behind.
READER_DEPTH = 127

REFUSED = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200e-\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]"
)
SURROGATE = re.compile("[\ud800-\udfff]")
OBJECT_KEY = re.compile("[a-z][a-z0-9_]{0,63}")


class NotAnInteger:
    """A number of JSON that is none of the format's: a fraction, an exponent, -0, or one of many digits."""


def _integer(text):
    return NotAnInteger() if text == "-0" or len(text) > 20 else int(text)


def _constant(text):
    raise ValueError(f"{text} is no JSON")


def parse_canonical(data):
    """The value of a record's line, if it is canonical and within the bounds of section 3."""

    def bad(code, message):
        return Fault(BYTES, "record." + code, message)

    if len(data) > MAX_RECORD:
        raise bad("too_long", f"{len(data)} bytes, at most {MAX_RECORD} are allowed")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise bad("not_utf8", f"not UTF-8 from byte {e.start} on") from None
    twice = []

    def members(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            twice.append(True)
        return found

    try:
        value = json.loads(
            text,
            object_pairs_hook=members,
            parse_int=_integer,
            parse_float=lambda _: NotAnInteger(),
            parse_constant=_constant,
        )
    except (ValueError, RecursionError) as e:
        where = getattr(e, "pos", len(text))
        if _deeper_than(text[:where], READER_DEPTH):
            raise bad("too_deep", f"nested deeper than {MAX_DEPTH} levels") from None
        raise bad("not_json", f"not JSON: {e}") from None
    if text.count("[") + text.count("{") > READER_DEPTH and _deeper_than(text, READER_DEPTH):
        raise bad("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    _no_surrogates(value, bad)
    _check_bounds(value, 0, False, bad)
    if canonical(value) != data:
        if twice:
            raise bad("duplicate_key", "a key occurs twice in one object")
        raise bad("not_canonical", "not in the canonical form of RFC 8785")
    return value


def canonical(value):
    """RFC 8785: keys are ASCII and numbers are integers, so sorted members and the shortest escapes are all there is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def _deeper_than(text, levels):
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[][{}]', text, re.DOTALL):
        if token[0] in "[{":
            depth += 1
            if depth > levels:
                return True
        elif token[0] in "]}":
            depth -= 1
    return False


def _no_surrogates(value, bad):
    # Python reads half of a pair as a character; it is none, and such a text is no JSON (RFC 8785 section 3.2.2.2).
    if isinstance(value, str) and SURROGATE.search(value):
        raise bad("not_json", "half of a surrogate pair")
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _no_surrogates(part, bad)


def _check_bounds(value, depth, in_body, bad):
    if isinstance(value, (dict, list)) and depth >= MAX_DEPTH:
        raise bad("too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, NotAnInteger) or (type(value) is int and abs(value) > MAX_INTEGER):
        raise bad("bad_number", "a number that is not an integer within 2^53-1")
    if isinstance(value, str):
        if len(value.encode("utf-8")) > MAX_STRING:
            raise bad("out_of_bounds", f"a string of more than {MAX_STRING} bytes")
        refused = REFUSED.search(value.replace("\n", "") if in_body else value)
        if refused:
            raise bad("bad_character", f"the character U+{ord(refused[0]):04X} is refused")
    elif isinstance(value, list):
        if len(value) > MAX_ARRAY:
            raise bad("out_of_bounds", f"an array of more than {MAX_ARRAY} items")
        for item in value:
            _check_bounds(item, depth + 1, in_body, bad)
    elif isinstance(value, dict):
        if len(value) > MAX_OBJECT:
            raise bad("out_of_bounds", f"an object of more than {MAX_OBJECT} members")
        for key in sorted(value):
            if not OBJECT_KEY.fullmatch(key):
                raise bad("bad_key", f"the key {key[:64]!r} is not [a-z][a-z0-9_]{{0,63}}")
            _check_bounds(value[key], depth + 1, in_body or key == "body", bad)


# --- Names, dates, instants (section 3) --------------------------------------------------------------------------

ACTOR = re.compile(r"[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}")
STREAM = re.compile(r"[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,6}")
LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}")
DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")
ROMAN = re.compile(r"(?=.)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
# The last instant that has a calendar day in every time zone, as clocks of other programs have it (section 3).
LAST_INSTANT = "9999-12-30T22:00:00.999Z"


def is_actor(value):
    fits = isinstance(value, str) and len(value) <= 96 and ACTOR.fullmatch(value) is not None
    return fits and not (value.startswith("state:") and value.count(":") != 1)


def is_key_name(value):
    if not isinstance(value, str) or "#" not in value:
        return False
    actor, label = value.split("#", 1)
    return is_actor(actor) and LABEL.fullmatch(label) is not None


def is_stream(value):
    return isinstance(value, str) and len(value) <= 200 and STREAM.fullmatch(value) is not None


def is_type(value):
    return isinstance(value, str) and len(value) <= 64 and TYPE.fullmatch(value) is not None


def is_scope(value):
    """`*`, an event type, or a family such as `treaty.*`."""
    return value == "*" or is_type(value) or (value.endswith(".*") and is_type(value[:-2] + ".x"))


def is_date(value):
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        date(*[int(part) for part in (value + "-01-01")[:10].split("-")])
    except ValueError:
        return False
    return True


def is_provision(value):
    """An article, as section 3 has it: the one proper form of a Roman numeral, no paragraph that begins with 0."""
    treaty, colon, article = value.rpartition(":")
    if colon and treaty == "whole":
        return False
    if not colon and article[:1].islower():
        return True
    number, *paragraphs = article.split("(")
    return (number[0].isdigit() or ROMAN.fullmatch(number) is not None) and not any(p.startswith("0") for p in paragraphs)


def last_day(text):
    """The last day that a date can mean, as a number of days."""
    year, month, day = [*map(int, text.split("-")), None, None][:3]
    if day:
        return date(year, month, day).toordinal()
    if month is None:
        month = 12
    return (date(year, month, 31) if month == 12 else date.fromordinal(date(year, month + 1, 1).toordinal() - 1)).toordinal()


def millis(value):
    """The milliseconds of an instant; None if the text is none."""
    match = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if not match or not is_date(match[1]) or value > LAST_INSTANT:
        return None
    hour, minute, second, ms = (int(match[i]) for i in range(2, 6))
    if hour > 23 or minute > 59 or second > 59:
        return None
    days = date(*map(int, match[1].split("-"))).toordinal()
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms


# The milliseconds of 1970-01-01, from which the clocks of machines and witnesses count.
EPOCH = date(1970, 1, 1).toordinal() * 86_400_000


def instant(value):
    """The text of milliseconds; beyond the calendar, how long after 1970 they are."""
    days, rest = divmod(value, 86_400_000)
    if 1 <= days <= date.max.toordinal():
        second, ms = divmod(rest, 1000)
        clock = f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{ms:03}Z"
        text = date.fromordinal(days).isoformat() + clock
        if text <= LAST_INSTANT:
            return text
    return f"{min(value - EPOCH, 2**63 - 1) // 1000} s after 1970"


# --- Ed25519: keys and strict signatures (section 5) -------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
IDENTITY = (0, 1, 1, 0)


def _add(a, b):
    # RFC 8032 section 5.1.4, extended homogeneous coordinates.
    aa, bb = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    cc, dd = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = bb - aa, dd - cc, dd + cc, bb + aa
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _is_identity(point):
    return point[0] == 0 and point[1] == point[2]


def _decode(data):
    """The point of a canonical encoding (RFC 8032 section 5.1.3); None for any other bytes."""
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _small_order_encodings():
    """The canonical encodings of the eight points whose order divides the cofactor."""
    for y in range(2, 100):
        point = _decode(y.to_bytes(32, "little"))
        torsion = _times(L, point) if point else IDENTITY
        if not _is_identity(_times(4, torsion)):
            return {_encode(_times(n, torsion)) for n in range(8)}
    raise RuntimeError("one point in two has full torsion")


SMALL_ORDER = _small_order_encodings()
_known_keys, _known_signatures = {}, {}


def is_enrollable(key):
    """A key is taken only if its encoding is canonical and the point has neither small order nor torsion."""
    if key not in _known_keys:
        point = _decode(key) if len(key) == 32 else None
        _known_keys[key] = bool(point) and not _is_identity(_times(8, point)) and _is_identity(_times(L, point))
    return _known_keys[key]


def verifies(key, message, signature):
    """Strictly: S below the group order, R canonical and not of small order, the equation without the cofactor.
    The key is one that `is_enrollable` took. The library compares R byte for byte, so that R is canonical."""
    known = (key, sha256(message), signature)
    if known not in _known_signatures:
        _known_signatures[known] = _verifies(key, message, signature)
    return _known_signatures[known]


def _verifies(key, message, signature):
    if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= L or signature[:32] in SMALL_ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def pae(payload_type, payload):
    """DSSE v1's pre-authentication encoding: what is signed (section 5)."""
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


# --- Merkle tree (section 6, RFC 6962) ---------------------------------------------------------------------------


def leaf_hash(line):
    return sha256(b"\x00" + line)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


class Tree:
    """Every complete subtree's hash, by level, so that the root at each earlier size is at hand."""

    def __init__(self):
        self.levels = []

    def push(self, leaf):
        level = 0
        while True:
            if len(self.levels) == level:
                self.levels.append([])
            row = self.levels[level]
            row.append(leaf)
            if len(row) % 2:
                return
            leaf, level = node_hash(row[-2], row[-1]), level + 1

    @property
    def size(self):
        return len(self.levels[0]) if self.levels else 0

    def root(self, size=None):
        """The root of the first `size` leaves; None beyond the tree."""
        size = self.size if size is None else size
        if size > self.size:
            return None
        root, start = None, size
        for level, row in enumerate(self.levels):
            if size >> level & 1:
                start -= 1 << level
                peak = row[start >> level]
                root = peak if root is None else node_hash(peak, root)
        return sha256(b"") if root is None else root


def root_from_proof(leaf, index, size, proof):
    """RFC 9162 section 2.1.3.2: the root to which a path leads; None if it has not as many hashes as it takes."""
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return node if sn == 0 else None


# --- Signed notes, checkpoints, log keys (section 6) -------------------------------------------------------------

MAX_NOTE, MAX_NOTE_SIGNATURES = 1_000_000, 64


def is_note_name(text):
    return text != "" and not any(c.isspace() or c == "+" or unicodedata.category(c) == "Cc" for c in text)


class LogKey:
    """A vkey: NAME+KEYID+BASE64, of an Ed25519 key that can be enrolled."""

    TYPE = 1

    def __init__(self, text):
        parts = text.split("+", 2)
        data = unb64(parts[2], 33) if len(parts) == 3 else None
        if data is None or data[0] != self.TYPE or not is_note_name(parts[0]):
            raise ValueError(f"not a vkey of an Ed25519 key of type 0x{self.TYPE:02x}")
        self.text, self.name, self.key = text, parts[0], data[1:]
        self.id = sha256(self.name.encode() + b"\n" + data)[:4]
        if parts[1] != self.id.hex():
            raise ValueError(f"the key's id is {self.id.hex()}, not {parts[1]}")
        if not is_enrollable(self.key):
            raise ValueError("the public key is not one that can be enrolled")

    def __eq__(self, other):
        return self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def short(self):
        return f"{self.name}+{self.id.hex()}"


class WitnessKey(LogKey):
    """A witness's vkey. The type byte is in its id too: no key of a log is one, and none of these is a log's."""

    TYPE = 4


def log_keys_of(texts):
    """Those of the texts that are vkeys."""
    keys = []
    for text in texts:
        try:
            keys.append(LogKey(text))
        except ValueError:
            pass
    return keys


class Checkpoint:
    """A signed note with exactly three lines: origin, size, root."""

    def __init__(self, data):
        self.bytes = data
        self.text, self.signatures = self._note(data)
        lines = self.text[:-1].split("\n")
        if len(lines) != 3 or not lines[0]:
            raise self._malformed("it has not exactly three lines")
        self.origin, self.root = lines[0], unb64(lines[2], 32)
        self.size = decimal(lines[1])
        if self.size is None or self.root is None:
            raise self._malformed("its size or its root is malformed")

    @staticmethod
    def _malformed(why):
        return Fault(CHECKPOINT, "checkpoint.malformed", f"not a checkpoint: {why}")

    def _note(self, data):
        if len(data) > MAX_NOTE:
            raise self._malformed(f"it is longer than {MAX_NOTE} bytes")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise self._malformed("it is not UTF-8") from None
        if any(c < " " and c != "\n" for c in whole):
            raise self._malformed("it has control characters")
        blank = whole.rfind("\n\n")
        if blank < 0 or not whole.endswith("\n") or blank + 2 >= len(whole):
            raise self._malformed("no signature lines come behind an empty line")
        lines = whole[blank + 2 : -1].split("\n")
        if len(lines) > MAX_NOTE_SIGNATURES:
            raise self._malformed(f"it has more than {MAX_NOTE_SIGNATURES} signatures")
        signatures = []
        for line in lines:
            parts = line.split(" ", 2)
            data = unb64(parts[2]) if len(parts) == 3 and parts[0] == "\u2014" and is_note_name(parts[1]) else None
            if data is None or len(data) < 5:
                raise self._malformed("a signature line is not em dash, name, base64")
            signatures.append((parts[1], data[:4], data[4:]))
        return whole[: blank + 1], signatures

    def signers(self, keys):
        """Those of `keys` that signed. One bad signature in the name of a known key refuses the note; so does it if
        none of the keys signed. Signatures of other keys are passed over."""
        signed = []
        for name, key_id, signature in self.signatures:
            named = [k for k in keys if k.name == name and k.id == key_id]
            good = [k for k in named if verifies(k.key, self.text.encode(), signature)]
            if named and not good:
                raise Fault(CHECKPOINT, "checkpoint.bad_signature", f"the signature of {name} does not verify")
            signed += [k for k in good[:1] if k not in signed]
        if not signed:
            by = ", ".join(name for name, _, _ in self.signatures)
            raise Fault(CHECKPOINT, "checkpoint.unknown_key", f"the checkpoint is signed by no known key, but by {by}")
        return signed

    def signed_by(self, keys):
        try:
            return self.signers(keys)
        except Fault:
            return []


def decimal(text):
    """A number of 64 bits in decimal, without leading zeros."""
    fits = re.fullmatch("0|[1-9][0-9]{0,19}", text) is not None and int(text) < 2**64
    return int(text) if fits else None


def open_checkpoint(data, keys, origin):
    """The checkpoint of the log `origin`, signed by at least one of `keys`. In this order: form, origin, signatures."""
    checkpoint = Checkpoint(data)
    if checkpoint.origin != origin:
        message = f"the checkpoint is of the log {checkpoint.origin!r}, not {origin!r}"
        raise Fault(CHECKPOINT, "checkpoint.wrong_origin", message, expected=origin, found=checkpoint.origin)
    checkpoint.signers(keys)
    return checkpoint


def open_pinned(data, keys):
    """Opened under pinned keys, each of which vouches only for the log that it names."""
    said = Checkpoint(data).origin
    origin = said if any(k.name == said for k in keys) else keys[0].name
    try:
        return open_checkpoint(data, [k for k in keys if k.name == origin], origin)
    except Fault as fault:
        if fault.code == "checkpoint.unknown_key":
            fault.code = "checkpoint.not_by_pinned_key"
        raise


# --- Cosignatures and trust policies (section 13) ----------------------------------------------------------------

MAX_POLICY, MAX_POLICY_LINES, MAX_TIME = 1 << 18, 256, 2**63 - 1


def cosigners(text, signatures, known):
    """The witnesses among `known` that cosigned a checkpoint's text, each once, in their order: (key, times ascending),
    in milliseconds. Lines of others are passed over; one of theirs that does not verify refuses the checkpoint."""
    times = {}
    for name, key_id, signature in signatures:
        named = [k for k in known if k.name == name and k.id == key_id]
        stated = int.from_bytes(signature[:8], "big")
        message = b"cosignature/v1\ntime %d\n" % stated + text.encode()
        good = [k for k in named if 0 < stated <= MAX_TIME and verifies(k.key, message, signature[8:])]
        if named and not good:
            raise Fault(CHECKPOINT, "witness.bad_cosignature", f"the cosignature of {name} does not verify")
        for key in good[:1]:
            times.setdefault(key, set()).add(stated * 1000 + EPOCH)
    return [(key, sorted(times[key])) for key in known if key in times]


class Policy:
    """A trust policy (c2sp.org/tlog-policy): octets, in lines. Stricter in three things: no witness has a log's public
    key, thresholds have no leading zero, and only Ed25519 keys are known."""

    def __init__(self, data):
        # `named`: a witness's key, or (threshold, members). Members stand before their groups.
        self.logs, self.witnesses, self.named, self.quorum = [], {}, {}, None
        self.groups, self.taken = 0, set()
        if len(data) > MAX_POLICY or not data.endswith(b"\n"):
            raise ValueError(f"it is longer than {MAX_POLICY} bytes, or its last line has no newline")
        for number, line in enumerate(data[:-1].split(b"\n"), 1):
            try:
                self._line(line)
            except ValueError as e:
                raise ValueError(f"line {number}: {e}") from None
        if self.quorum is None:
            raise ValueError("it has no quorum line")

    def _line(self, line):
        if any((c < 0x20 and c != 0x09) or c == 0x7F for c in line):
            raise ValueError("it has a control character")
        keyword, *items = [item for item in re.split(b"[ \t]+", line) if item] or [b"#"]
        if keyword.startswith(b"#"):
            return
        if keyword == b"log" and len(items) in (1, 2):
            self._log(LogKey(items[0].decode("utf-8")))
        elif keyword == b"witness" and len(items) in (2, 3):
            self._witness(items[0], WitnessKey(items[1].decode("utf-8")))
        elif keyword == b"group" and len(items) > 2:
            self._group(items[0], items[1], items[2:])
        elif keyword == b"quorum" and len(items) == 1:
            if self.quorum is not None:
                raise ValueError("another quorum line comes before it")
            self.quorum = items[0] if items[0] == b"none" else self._defined(items[0])
        else:
            raise ValueError("it is no line of log, witness, group or quorum")

    def _room(self, count):
        if count >= MAX_POLICY_LINES:
            raise ValueError(f"there are more than {MAX_POLICY_LINES} lines of this kind")

    def _unused(self, key):
        if any(k.key == key.key for k in [*self.logs, *self.witnesses]):
            raise ValueError("another line has the same public key, and no log is its own witness")

    def _log(self, key):
        self._unused(key)
        self._room(len(self.logs))
        self.logs.append(key)

    def _witness(self, name, key):
        self._unused(key)
        self._room(len(self.witnesses))
        self._define(name, key)
        self.witnesses[key] = name.decode("utf-8", "replace")

    def _group(self, name, threshold, members):
        self._room(self.groups)
        for member in members:
            if self._defined(member) in self.taken:
                raise ValueError("a member is in a group already, and would count twice")
            self.taken.add(member)
        words = {b"all": len(members), b"any": 1}
        needed = words[threshold] if threshold in words else decimal(threshold.decode("utf-8"))
        if needed is None or not 1 <= needed <= len(members):
            raise ValueError("the threshold is neither all, any, nor a number of its members")
        self.groups += 1
        self._define(name, (needed, members))

    def _define(self, name, what):
        if name == b"none" or name in self.named:
            raise ValueError("the name is taken")
        self.named[name] = what

    def _defined(self, name):
        if name not in self.named:
            raise ValueError(f"no line before this one defines {name!r}")
        return name

    def satisfied(self, keys):
        """Whether the witnesses with these keys are enough."""
        holds = {b"none": True}
        for name, what in self.named.items():
            grouped = isinstance(what, tuple)
            holds[name] = sum(holds[m] for m in what[1]) >= what[0] if grouped else what in keys
        return holds[self.quorum]

    def quorum_time(self, latest):
        """The latest time at which they were enough, of (key, latest time) pairs; None if they are not. A quorum is as
        old as the oldest cosignature that it needs."""
        keys = []
        for key, when in sorted(latest, key=lambda pair: -pair[1]):
            keys.append(key)
            if self.satisfied(keys):
                return when
        return None


class Demand:
    """What an auditor asks of witnesses: a policy, by a clock in milliseconds; and how old the quorum may be."""

    def __init__(self, policy, now, max_age=None):
        self.policy, self.now, self.max_age = policy, now, max_age


# --- The rules bundle: schemas and role table (sections 2 and 12) ------------------------------------------------



# What a pattern of the bundle names, in full (section 3): a regular expression alone does not know the calendar.
GRAMMARS = {
    "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$": is_date,
    "^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}$": is_actor,
    "^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}#[a-z0-9][a-z0-9-]{0,31}$": is_key_name,
    r"^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}(\.\*)?)$": is_scope,
    r"^(whole|([a-z][a-z0-9-]{0,63}:)?([1-9][0-9]{0,3}|[IVXLCDM]{1,15})(\([0-9A-Za-z]{1,8}\))*|[a-z][a-z0-9-]{0,63})$": is_provision,
}
TYPES_OF_JSON = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
FORMATS = {"uint8": 2**8 - 1, "uint16": 2**16 - 1, "uint32": 2**32 - 1, "uint64": 2**64 - 1}
KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "oneOf", "anyOf", "pattern",
    "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "format",
}  # fmt: skip


class Schema:
    """The part of JSON Schema that the bundle uses. A keyword that is not known here stops the program at the start."""

    def __init__(self, source):
        unknown = set(source) - KEYWORDS
        if unknown:
            raise RuntimeError(f"JSON Schema keywords that this program does not know: {sorted(unknown)}")
        self.type = TYPES_OF_JSON[source["type"]] if "type" in source else None
        self.properties = {name: Schema(s) for name, s in source.get("properties", {}).items()}
        # A body says nothing that its type does not read: objects are closed unless their schema opens them.
        self.open = source.get("additionalProperties", False) or (self.type is dict and "properties" not in source)
        self.required = source.get("required", [])
        self.items = Schema(source["items"]) if "items" in source else None
        self.values = source["enum"] if "enum" in source else [source["const"]] if "const" in source else None
        self.one_of = [Schema(s) for s in source.get("oneOf", [])]
        self.any_of = [Schema(s) for s in source.get("anyOf", [])]
        self.pattern = self.grammar = None
        if "pattern" in source:
            if source["pattern"][0] != "^" or source["pattern"][-1] != "$":
                raise RuntimeError(f"a pattern that is not anchored: {source['pattern']}")
            self.pattern = re.compile(source["pattern"][1:-1], re.ASCII)
            self.grammar = GRAMMARS.get(source["pattern"])
        self.length = (source.get("minLength", 0), source.get("maxLength", MAX_STRING))
        self.count = (source.get("minItems", 0), source.get("maxItems", MAX_ARRAY))
        highest = FORMATS[source["format"]] if "format" in source else MAX_INTEGER
        self.range = (source.get("minimum", -MAX_INTEGER), min(source.get("maximum", highest), highest))

    def problem(self, value, path="body"):
        """What is wrong with a value; None if it fits."""
        if self.type is not None and type(value) is not self.type:
            return f"{path} is not of the type {self.type.__name__}"
        if self.values is not None and not any(type(v) is type(value) and v == value for v in self.values):
            return f"{path} is none of the values that may stand here"
        if isinstance(value, str):
            if not self.length[0] <= len(value) <= self.length[1]:
                return f"{path} has {len(value)} characters"
            if self.pattern and not (self.pattern.fullmatch(value) and (self.grammar is None or self.grammar(value))):
                return f"{path} is not of the grammar {self.pattern.pattern}"
        elif type(value) is int and not self.range[0] <= value <= self.range[1]:
            return f"{path} is not from {self.range[0]} to {self.range[1]}"
        elif isinstance(value, list):
            if not self.count[0] <= len(value) <= self.count[1]:
                return f"{path} has {len(value)} items"
            found = (self.items.problem(item, f"{path}[{i}]") for i, item in enumerate(value)) if self.items else ()
            return next((p for p in found if p), None) or self._choices(value, path)
        elif isinstance(value, dict) and self.type is dict:
            for name in self.required:
                if name not in value:
                    return f"{path}.{name} is missing"
            for name, member in value.items():
                if name not in self.properties:
                    if not self.open:
                        return f"{path}.{name} is no member of its type"
                    continue
                found = self.properties[name].problem(member, f"{path}.{name}")
                if found:
                    return found
        return self._choices(value, path)

    def _choices(self, value, path):
        if self.one_of and sum(s.problem(value, path) is None for s in self.one_of) != 1:
            return f"{path} fits none of its forms, or more than one"
        if self.any_of and all(s.problem(value, path) for s in self.any_of):
            return f"{path} fits none of its forms"
        return None


class Rules:
    """The bundle of version 1: what a body may say, which stream it continues, who may sign it."""

    def __init__(self, data):
        if hashlib.sha256(data).hexdigest() != RULES_SHA256:
            raise ValueError("these are not the rules of version 1 that this program knows")
        bundle = json.loads(data)
        self.types = {name: (t["v"], Schema(t["body"]), t["stream"]) for name, t in bundle["types"].items()}
        self.roles = [(r["pattern"], r["standing"], r["who"]) for r in bundle["roles"]]

    def body_problem(self, kind, body):
        """What is wrong with a body of a known type; None if it fits."""
        _, schema, template = self.types[kind]
        return schema.problem(body) or body_problem(kind, body, template)

    def rows(self, kind, standing):
        """The rows for a type and a standing: those that name the type itself shut out those of its family."""
        exact = [r for r in self.roles if r[0] == kind]
        return [who for pattern, s, who in exact or self.roles if s == standing and covers(pattern, kind)]

    def governance_types(self):
        mine = {"founders_threshold", "key_owner_or_founders"}
        return [t for t in self.types if any(w in mine for w in self.rows(t, "own") if isinstance(w, str))]


def covers(pattern, kind):
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == kind


def covers_pattern(held, asked):
    """True where everything that `asked` matches, `held` matches too."""
    if asked.endswith("*"):
        return held.endswith("*") and asked[:-1].startswith(held[:-1])
    return covers(held, asked)


# Whose act a body is, which organ speaks, whom it is about: the member that says it (section 9, "Who is meant").
SUBJECT = {
    "assessor": "assessment.independent_published commitment.assessed compliance.found compliance.incident_reported"
    " domestic.measure_attested mandate.benchmark_assessed recommendation.assessed",
    "asserter": "count.asserted",
    "author": "upr.document_submitted",
    "by": "referral.made",
    "court": "case.closed case.opened case.stage_changed",
    "endorser": "endorsement.made endorsement.withdrawn",
    "entity": "programme.reported",
    "from": "assistance.delivered assistance.offered recommendation.made",
    "implementer": "compliance.incident_resolved",
    "issuer": "warning.issued",
    "maker": "commitment.made commitment.progress_reported commitment.revised commitment.withdrawn statement.made",
    "mandate_holder": "communication.sent visit.completed visit.reminded visit.reported visit.requested",
    "nhri": "nhri.applied nhri.reported",
    "of": "focal_point.appointed focal_point.replaced focal_point.vacated",
    "parliament": "parliament.acted parliament.body_dissolved parliament.body_established parliament.body_reported",
    "reporter": "domestic.barrier_removed domestic.barrier_reported report.submitted reprisal.reported reprisal.resolved",
    "state": "assessment.self_published assessment.started communication.replied domestic.measure_ended"
    " domestic.measure_reported invitation.issued invitation.withdrawn nhri.established upr.mid_term_reported"
    " upr.responses_given visit.accepted visit.dates_proposed visit.declined",
    "to": "recommendation.followed_up recommendation.responded",
    "actor": "key.rotated",
}
ORGAN = {
    "organ": "body.dissolved body.established decision.adopted decision.not_adopted mandate.condition_met"
    " mandate.established mandate.extended mandate.modified mandate.reviewed mandate.terminated mandate.transferred"
    " nhri.accreditation_decided office.filled office.vacated report.discontinued report.received report.required"
    " report.rescheduled review.concluded review.scheduled submissions.called submissions.received upr.dialogue_held"
    " upr.outcome_adopted upr.report_adopted",
    "body": "agenda.item_included briefing.held meeting.announced meeting.held membership.began membership.ended",
    "by": "warning.acknowledged warning.acted_on",
}
CONCERNS = {
    "actor": "actor.registered actor.renamed",
    "implementer": "compliance.found compliance.incident_reported",
    "maker": "commitment.assessed",
    "member": "membership.began membership.ended",
    "nhri": "nhri.accreditation_decided",
    "reporter": "report.discontinued report.received report.required report.rescheduled",
    "state": "assessment.independent_published communication.sent domestic.barrier_removed domestic.barrier_reported"
    " domestic.measure_attested parliament.acted parliament.body_dissolved parliament.body_established"
    " parliament.body_reported referral.made reprisal.reported reprisal.resolved review.concluded review.scheduled"
    " upr.dialogue_held upr.document_submitted upr.outcome_adopted upr.report_adopted visit.completed visit.reminded"
    " visit.reported visit.requested warning.acknowledged warning.acted_on warning.issued",
    "successor": "state.succeeded",
    "to": "assistance.delivered assistance.offered recommendation.assessed recommendation.made",
    "": "mandate.benchmark_assessed",
}
_SUBJECT, _ORGAN, _CONCERNS = (
    {kind: member for member, kinds in table.items() for kind in kinds.split()} for table in (SUBJECT, ORGAN, CONCERNS)
)


def is_act_of_treaty(kind):
    return kind.startswith("treaty.") and kind != "treaty.registered"


def subject_of(kind, body):
    return body.get("state" if is_act_of_treaty(kind) else _SUBJECT.get(kind))


def organ_of(kind, body):
    return body.get(_ORGAN.get(kind))


def concerns_of(kind, body):
    return body.get(_CONCERNS[kind]) if kind in _CONCERNS else subject_of(kind, body)


CORRECTIONS = ("event.corrected", "treaty.depositary_corrected")
REPLIES = ("event.affirmed", "event.disputed")


def target_of(kind, body, stream):
    """The earlier event that this one speaks about: its id and its stream."""
    if kind == "attachment.erased":
        return body["event"], body["stream"]
    return (body["target"], stream) if kind in CORRECTIONS or kind in REPLIES else None


def without_state(actor):
    return actor[6:] if actor.startswith("state:") else actor


def stream_of(kind, body, template):
    """The stream that follows from type and body (section 2)."""
    family = kind.split(".")[0]
    if template:
        def part(match):
            value = body[match[1]]
            return without_state(value).replace("/", "_").replace("(", "__").replace(")", "") if isinstance(value, str) else str(value)

        return re.sub(r"\{([a-z_]+)\}", part, template)
    if family == "ledger":
        return "ledger:counts" if kind == "ledger.streams_counted" else "ledger:governance"
    if family == "actor":
        return "actor:" + body["actor"]
    if kind == "state.succeeded":
        return "actor:" + body["successor"]
    if family in ("key", "role"):
        return f"{family}s:{body['actor']}"
    if family == "event":
        return body["stream"]
    if kind == "attachment.erased":
        return "attachment:" + body["sha256"]
    if kind == "treaty.registered":
        return "treaty:" + body["treaty"]
    if family == "treaty":
        return f"treaty:{body['treaty']}:{without_state(body['state'])}"
    raise RuntimeError(f"no stream is known for {kind}")


def body_problem(kind, body, template):
    """What bodies must meet beyond their schema (section 2, "Bodies")."""
    if kind in ("role.granted", "role.withdrawn") and (body["role"] == "secretariat") != ("of" in body):
        return "a secretariat names its organ in `of`; no other role does"
    if kind == "ledger.founders_changed" and body["founders"] != sorted(set(body["founders"])):
        return "founders are ascending and distinct"
    if kind == "treaty.registered" and body["withdrawal"]["kind"] == "fixed_terms":
        w = body["withdrawal"]
        if w["first_years"] > 1000 or not 1 <= w["then_years"] <= 1000 or w["notice_months"] > 1200:
            return "terms have 1 to 1,000 years, notice has at most 1,200 months"
    expiry = {"mandate.established": "expires", "mandate.extended": "until"}.get(kind)
    if expiry and body[expiry]["kind"] == "conditional":
        if last_day(body[expiry]["unless_met"]) >= last_day(body[expiry]["until"]):
            return "a conditional limit gives more time if its condition is met"
    if kind in ("assessment.self_published", "assessment.independent_published"):
        factors = [f["factor"] for f in body["factors"]]
        if len(set(factors)) != len(factors):
            return "each factor once"
    crimes = body.get("crimes")
    if kind == "case.opened" and not (crimes and len(crimes) <= 256):
        return "a case names 1 to 256 crimes"
    if kind == "domestic.measure_reported" and body["kind"] in ("criminalisation", "incitement") and not crimes:
        return "criminalisation and incitement name the crimes"
    if template and not is_stream(stream_of(kind, body, template)):
        return "its ids are too long to name a story together"
    return None


# --- The record and its event (sections 1 and 2) -----------------------------------------------------------------

EVENT_TYPE = "application/vnd.answerable.event.v1+json"
MAX_SIGNERS, MAX_ATTACHMENTS, SALT = 16, 64, 32


def _malformed(what):
    return Fault(BYTES, "record.malformed", what)


def _is_count(value, highest=MAX_INTEGER):
    return type(value) is int and 0 <= value <= highest


def _is_text(value):
    return isinstance(value, str)


def _or_null(check):
    return lambda value: value is None or check(value)


def _ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


def _closed(value, what, needed, optional=()):
    """An object with exactly these members, each of its form."""
    if not isinstance(value, dict):
        raise _malformed(f"{what} is no object")
    checks = {**needed, **dict(optional)}
    for name in needed:
        if name not in value:
            raise _malformed(f"{what} has no member {name}")
    for name, member in value.items():
        if name not in checks:
            raise _malformed(f"{what} has a surplus member {name}")
        if not checks[name](member):
            raise _malformed(f"{what}.{name} is not of its form")


def _is_seen(value):
    _closed(value, "event.seen", {"root": lambda v: _is_text(v) and unb64(v, 32) is not None, "size": _is_count})
    return True


def _is_source(value):
    optional = {"document": _is_text, "row": _is_text, "sha256": is_hex32, "url": _is_text}
    _closed(value, "event.source", {"seen": is_date, "title": _is_text}, optional)
    return "document" in value or "url" in value


def _are_attachments(value):
    if not isinstance(value, list) or len(value) > MAX_ATTACHMENTS:
        return False
    for item in value:
        form = {"media_type": _is_text, "salted": lambda v: isinstance(v, bool), "sha256": is_hex32, "size": _is_count}
        _closed(item, "an attachment", form)
        if item["salted"] and item["size"] < SALT:
            return False
    return _ascending([item["sha256"] for item in value])


def _are_signers(value):
    fits = isinstance(value, list) and 1 <= len(value) <= MAX_SIGNERS and all(map(is_key_name, value))
    return fits and _ascending(value)


def _has_null(value):
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_has_null, parts))


ENVELOPE = {
    "actor": is_actor,
    "body": lambda v: isinstance(v, dict) and not _has_null(v),
    "effective": is_date,
    "follows": _or_null(is_hex32),
    "issued": lambda v: millis(v) is not None,
    "ledger": _or_null(is_hex32),
    "nonce": lambda v: _is_text(v) and unb64(v, 16) is not None,
    "seen": _or_null(_is_seen),
    "signers": _are_signers,
    "standing": lambda v: v in ("own", "depositary", "transcribed"),
    "stream": is_stream,
    "type": is_type,
    "v": lambda v: _is_count(v, 2**32 - 1),
}


class Record:
    """A line that was read: canonical, within bounds, the closed envelope. Not judged yet."""

    def __init__(self, line):
        value = parse_canonical(line)
        _closed(
            value,
            "the record",
            {
                "event": lambda _: True,
                "prev": is_hex32,
                "recorded": lambda v: millis(v) is not None,
                "seq": _is_count,
                "signatures": lambda v: isinstance(v, list),
            },
        )
        for signature in value["signatures"]:
            _closed(signature, "a signature", {"key": is_key_name, "sig": _is_text})
        self.seq, self.prev, self.recorded = value["seq"], value["prev"], value["recorded"]
        self.millis = millis(self.recorded)
        self.signatures = [(s["key"], s["sig"]) for s in value["signatures"]]
        self.event = value["event"]
        event_bytes = canonical(self.event)
        if len(event_bytes) > MAX_EVENT:
            raise Fault(BYTES, "event.too_long", "the event is too long", expected=f"at most {MAX_EVENT} bytes", found=len(event_bytes))
        _closed(self.event, "the event", ENVELOPE, {"attachments": _are_attachments, "source": _is_source})
        self.pae = pae(EVENT_TYPE, event_bytes)
        self.id = sha256(self.pae).hex()
        self.leaf = leaf_hash(line)
        self.kind, self.body = self.event["type"], self.event["body"]

    def check_body(self, rules):
        known = rules.types.get(self.kind)
        if known is None or known[0] != self.event["v"]:
            raise Fault(BYTES, "event.unknown_type", f"unknown event type {self.kind}, v {self.event['v']}", unverifiable=True)
        problem = rules.body_problem(self.kind, self.body)
        if problem:
            raise Fault(BYTES, "event.invalid_body", f"the body does not fit {self.kind}: {problem}")
        stream = stream_of(self.kind, self.body, known[2])
        if stream != self.event["stream"]:
            message = "the stream does not follow from type and body"
            raise Fault(BYTES, "event.wrong_stream", message, expected=stream, found=self.event["stream"])


# --- Keys, roles and the right to speak (sections 9 and 10) ------------------------------------------------------


def refuse(code, message, expected=None, found=None):
    return Fault(SIGNATURES, code, message, expected=expected, found=found)


def actor_of(key_name):
    return key_name.split("#")[0]


class Key:
    def __init__(self, public, scope):
        self.public, self.scope, self.revoked, self.compromised_from = public, scope, None, None


class Authority:
    """Who may speak, at one position: the state before a record judges it, and what it changes holds behind it."""

    def __init__(self, rules):
        self.rules = rules
        self.ledger_id, self.origin, self.log_keys, self.version = None, "", [], 0
        self.founders, self.threshold = set(), 0
        self.keys, self.roles, self.used = {}, set(), set()

    # Signatures

    def check(self, record, about):
        check_listed(record)
        if record.event["standing"] == "transcribed" and "source" not in record.event:
            raise refuse("event.source_missing", "a transcription names its source")
        introduced = introduced_keys(record.kind, record.body)
        self._check_introduced(introduced, record.event["signers"])
        public_of = {form["key"]: unb64(form["public_key"]) for form, _ in introduced}
        corrected = about.corrected
        kinds = [record.kind] + ([corrected.kind] if corrected else [])
        speakers = []
        for name, text in record.signatures:
            check_signature(public_of.get(name) or self._live_key(name, kinds), record.pae, name, text)
            # What proves that a new key is held counts for no right; at the founding all rights begin.
            if name not in public_of or record.kind == "ledger.founded":
                speakers.append(actor_of(name))
        self._check_rows(record.event, record.kind, record.body, about, speakers)
        if corrected:
            self._check_rows(record.event, corrected.kind, corrected.body, about, speakers)

    def check_known_signatures(self, record):
        """Of an event of an unknown type: signatures of enrolled keys must be good. It may introduce others."""
        check_listed(record)
        for name, text in record.signatures:
            if name in self.keys:
                check_signature(self._live_key(name, [record.kind]), record.pae, name, text)

    def _live_key(self, name, kinds):
        key = self.keys.get(name)
        if key is None:
            raise refuse("signature.unknown_key", f"{name} is not enrolled at this position")
        if key.revoked is not None:
            raise refuse("signature.revoked_key", f"{name} was revoked in record {key.revoked}")
        for kind in kinds:
            if not any(covers(p, kind) for p in key.scope):
                raise refuse("signature.out_of_scope", f"{name} may not sign {kind}", ", ".join(key.scope), kind)
        return key.public

    def _check_introduced(self, introduced, signers):
        names, fresh = set(), set()
        for form, actor in introduced:
            name, public = form["key"], unb64(form["public_key"])
            if public is None or not is_enrollable(public):
                raise refuse("key.not_enrollable", f"the public key of {name} cannot be enrolled")
            if actor_of(name) != actor:
                raise refuse("key.wrong_actor", f"{name} is not a key name of {actor}")
            if name in self.keys or name in names:
                raise refuse("key.name_taken", f"{name} is already enrolled")
            if public in self.used or public in fresh:
                raise refuse("key.already_used", f"the public key of {name} is already in this ledger")
            if name not in signers:
                raise refuse("key.no_possession", f"{name} does not sign its own enrolment")
            names.add(name)
            fresh.add(public)

    # The role table

    def _check_rows(self, event, kind, body, about, speakers):
        rows = self.rules.rows(kind, event["standing"])
        if not rows:
            raise refuse("authority.no_such_standing", f"nobody may sign {kind} with standing {event['standing']}")
        problems = []
        for who in rows:
            problem = self._problem_with(who, event["actor"], kind, body, about, speakers)
            if problem is None:
                return
            problems.append(problem)
        raise refuse("authority.not_entitled", "; or ".join(problems))

    def _problem_with(self, who, actor, kind, body, about, speakers):
        """Why this row of the role table is not met; None if it is."""
        alone = bool(speakers) and all(s == actor for s in speakers)
        subject = subject_of(kind, body)
        if who == "all_founders":
            return founding_problem(actor, body, speakers) if kind == "ledger.founded" else "only record 0 founds a ledger"
        if who == "founders_threshold":
            return self._founders_problem(actor, kind, body, speakers)
        if who == "key_owner_or_founders":
            owner = body["actor"] if kind in ("key.enrolled", "key.revoked") else None
            if owner is not None and alone and owner == actor:
                return None
            if kind == "key.enrolled" and self.has_live_key(owner):
                return f"{owner} has a live key, and enrols its own keys"
            return self._founders_problem(actor, kind, body, speakers)
        if who == "author_or_founders":
            if about.target and alone and about.target.actor == actor:
                return None
            return self._founders_problem(actor, kind, body, speakers)
        if not alone:
            return f"only keys of {actor} may sign, and at least one"
        if isinstance(who, dict):
            return self._role_problem(actor, who["holder"])
        if who == "subject":
            return None if subject == actor else f"{actor} speaks for itself alone, and the act is {subject}'s"
        if who == "subject_assessor":
            return self._role_problem(actor, "assessor") if subject == actor else f"the act is {subject}'s"
        if who == "of_itself":
            return None if subject == actor == concerns_of(kind, body) else f"{actor} speaks of another"
        if who == "organ":
            organ = organ_of(kind, body)
            if organ is None:
                return "the statement names no organ"
            speaks = actor == organ or (actor, "secretariat", organ) in self.roles
            return None if speaks else f"{actor} is neither {organ} nor its secretariat"
        if who == "treaty_depositary":
            return self._role_problem(actor, "depositary") or (
                None if about.depositary == actor else f"the depositary is {about.depositary}, not {actor}"
            )
        if who == "author":
            return None  # By the rows of the type that it corrects; whose event it was, the law says.
        if who == "concerned":
            concerned = concerns_of(about.target.kind, about.target.body) if about.target else None
            return None if concerned in (None, actor) else f"the record is about {concerned}, which alone can answer it"
        raise RuntimeError(f"a row of the role table that this program does not know: {who}")

    def _founders_problem(self, actor, kind, body, speakers):
        distinct = set(speakers)
        if kind == "ledger.founders_changed":
            for incoming in set(body["founders"]) - self.founders:
                if incoming not in distinct:
                    return f"{incoming} becomes a founder, and does not sign"
                distinct.remove(incoming)
        if distinct - self.founders:
            return f"{min(distinct - self.founders)} is not a founder"
        if actor not in distinct:
            return f"{actor} speaks, and is no founder that signs"
        if len(distinct) < self.threshold:
            return f"{len(distinct)} of {len(self.founders)} founders sign; {self.threshold} must"
        return None

    def _role_problem(self, actor, role):
        return None if (actor, role, None) in self.roles else f"{actor} does not hold the role of {role}"

    def has_live_key(self, actor):
        return any(actor_of(name) == actor and key.revoked is None for name, key in self.keys.items())

    # Changes of who may speak

    def check_governance(self, record):
        kind, body, signers = record.kind, record.body, record.event["signers"]
        if kind == "key.enrolled":
            self._check_scope(body, signers)
        elif kind == "key.rotated":
            old = self.keys.get(body["old"])
            if old is None or actor_of(body["old"]) != body["actor"] or old.revoked is not None:
                raise refuse("key.not_live", f"{body['old']} is no live key of {body['actor']}")
            if body["old"] not in signers:
                raise refuse("key.rotation_unsigned", f"{body['old']} does not sign its own rotation")
        elif kind == "key.revoked":
            self._check_revocation(body)
        elif kind == "ledger.founders_changed":
            if body["threshold"] > len(body["founders"]):
                raise refuse("ledger.bad_threshold", f"a threshold of {body['threshold']} among {len(body['founders'])} founders")
            for founder in body["founders"]:
                if not self._can_govern(founder):
                    raise refuse("ledger.founder_without_key", f"{founder} has no live key that may sign every act of governance")
        elif kind == "ledger.log_keys_changed":
            self._check_log_keys(body)
        elif kind == "ledger.rules_adopted":
            if body["rules"]["version"] <= self.version:
                raise refuse("ledger.rules_not_newer", f"version {self.version} of the rules is in force")
            check_rules_known(body["rules"])
        elif kind in ("role.granted", "role.withdrawn"):
            held = (body["actor"], body["role"], body.get("of")) in self.roles
            if held and kind == "role.granted":
                raise refuse("role.already_held", f"{body['actor']} holds the role of {body['role']}")
            if not held and kind == "role.withdrawn":
                raise refuse("role.not_held", f"{body['actor']} does not hold the role of {body['role']}")

    def _check_scope(self, body, signers):
        own = [self.keys[n] for n in signers if n in self.keys and actor_of(n) == body["actor"]]
        held = [p for key in own for p in key.scope]
        for asked in body["scope"]:
            if self.has_live_key(body["actor"]) and not any(covers_pattern(h, asked) for h in held):
                raise refuse("key.scope_widened", f"the signers may not sign {asked} themselves", ", ".join(held), asked)

    def _can_govern(self, founder, without=None):
        def able(name, key):
            live = key.revoked is None and name != without and actor_of(name) == founder
            return live and all(any(covers(p, t) for p in key.scope) for t in self.rules.governance_types())

        return any(able(name, key) for name, key in self.keys.items())

    def _check_revocation(self, body):
        key = self.keys.get(body["key"]) if actor_of(body["key"]) == body["actor"] else None
        stated = body.get("compromised_from_seq")
        if key is not None and key.revoked is None:
            now = sum(self._can_govern(f) for f in self.founders)
            then = sum(self._can_govern(f, body["key"]) for f in self.founders)
            if then < self.threshold and then != now:
                raise refuse("ledger.ungovernable", f"without {body['key']}, {then} founders could act, and {self.threshold} must")
        elif key is None or stated is None or (key.compromised_from is not None and stated > key.compromised_from):
            raise refuse("key.not_live", f"{body['key']} is no live key of {body['actor']}")

    def _check_log_keys(self, body):
        seen = set()
        for text in body["log_keys"]:
            try:
                key = LogKey(text)
            except ValueError as e:
                raise refuse("ledger.bad_log_keys", str(e)) from None
            if key.name != self.origin:
                raise refuse("ledger.bad_log_keys", f"the log key is named {key.name}, not as the origin {self.origin}")
            if text in seen:
                raise refuse("ledger.bad_log_keys", f"{key.short()} comes twice")
            seen.add(text)
            if text not in self.log_keys and key.key in self.used:
                raise refuse("key.already_used", f"the public key of {key.short()} is already in this ledger")
        gone = set()
        for text in body.get("lost", []) + body.get("compromised", []):
            if text not in self.log_keys or text in body["log_keys"] or text in gone:
                raise refuse("ledger.bad_log_keys", f"lost and compromised name old keys that go, each once; not {text}")
            gone.add(text)
        if set(self.log_keys) == seen:
            raise refuse("ledger.bad_log_keys", "these log keys are in force already")

    def apply(self, seq, event_id, kind, body):
        """Moves past a recorded event: what it changes is in force from the next seq on."""
        for form, _ in introduced_keys(kind, body):
            public = unb64(form["public_key"])
            if public is None or not is_enrollable(public):
                continue
            scope = ["*"]
            if kind == "key.enrolled":
                scope = body["scope"]
            elif kind == "key.rotated":
                scope = self.keys[body["old"]].scope if body["old"] in self.keys else []
            self.used.add(public)
            self.keys[form["key"]] = Key(public, scope)
        if kind == "ledger.founded":
            self.ledger_id, self.origin, self.version = event_id, body["origin"], body["rules"]["version"]
            self.founders, self.threshold = {f["actor"] for f in body["founders"]}, body["threshold"]
        if kind == "ledger.founders_changed":
            self.founders, self.threshold = set(body["founders"]), body["threshold"]
        if kind in ("ledger.founded", "ledger.log_keys_changed"):
            self.log_keys = body["log_keys"]
            self.used |= {k.key for k in log_keys_of(self.log_keys)}
        if kind == "ledger.rules_adopted":
            self.version = body["rules"]["version"]
        if kind == "key.rotated":
            self._end_key(body["old"], seq, None)
        if kind == "key.revoked":
            self._end_key(body["key"], seq, body.get("compromised_from_seq"))
        if kind == "role.granted":
            self.roles.add((body["actor"], body["role"], body.get("of")))
        if kind == "role.withdrawn":
            self.roles.discard((body["actor"], body["role"], body.get("of")))

    def _end_key(self, name, seq, compromised_from):
        key = self.keys.get(name)
        if key is not None:
            key.revoked = seq if key.revoked is None else key.revoked
            stated = [s for s in (key.compromised_from, compromised_from) if s is not None]
            key.compromised_from = min(stated, default=None)


def check_listed(record):
    names, listed = [name for name, _ in record.signatures], record.event["signers"]
    if names != listed:
        message = "the signatures are not those that the event lists"
        raise refuse("signature.signers_differ", message, ", ".join(listed), ", ".join(names) or "none")


def check_signature(public, message, name, text):
    signature = unb64(text, 64)
    if signature is None:
        raise refuse("signature.malformed", f"the signature of {name} is not base64 of 64 bytes")
    if not verifies(public, message, signature):
        raise refuse("signature.bad", f"the signature of {name} does not verify")


def introduced_keys(kind, body):
    """The keys that an event introduces, each with the actor that it is for."""
    if kind == "ledger.founded":
        return [(form, f["actor"]) for f in body["founders"] for form in f["keys"]]
    return [(body["key"], body["actor"])] if kind in ("key.enrolled", "key.rotated") else []


def founding_problem(actor, body, speakers):
    """Record 0 by its own body: every founder signs; log keys are well formed, named as the origin, and apart."""
    founders = [f["actor"] for f in body["founders"]]
    if len(set(founders)) != len(founders):
        return "the founders are named once each"
    if actor not in founders:
        return f"{actor} speaks, and is no founder"
    silent = sorted(set(founders) - set(speakers))
    if silent:
        return f"the founder {silent[0]} does not sign"
    if body["threshold"] > len(founders):
        return f"a threshold of {body['threshold']} among {len(founders)} founders"
    seen = {unb64(form["public_key"]) for form, _ in introduced_keys("ledger.founded", body)}
    for text in body["log_keys"]:
        try:
            key = LogKey(text)
        except ValueError as e:
            return f"log key: {e}"
        if key.name != body["origin"]:
            return f"the log key is named {key.name}, not as the origin"
        if key.key in seen:
            return "log keys and founders' keys are all different keys"
        seen.add(key.key)
    return None


def check_rules_known(rules):
    if rules != {"sha256": RULES_SHA256, "version": RULES_VERSION}:
        known, found = f"version {RULES_VERSION} ({RULES_SHA256})", f"version {rules['version']} ({rules['sha256']})"
        message = "rules that this program does not carry"
        raise Fault(BYTES, "ledger.unknown_rules", message, expected=known, found=found, unverifiable=True)


# --- Valid next record (section 9) -------------------------------------------------------------------------------

CLOCK_TOLERANCE_MS, LATE_AFTER_MS = 5 * 60 * 1000, 7 * 24 * 3600 * 1000


class Fact:
    """An event that stands."""

    def __init__(self, record):
        self.seq, self.id, self.kind, self.body = record.seq, record.id, record.kind, record.body
        self.actor, self.effective = record.event["actor"], record.event["effective"]


class About:
    """What the right to sign an event rests on, besides keys and roles."""

    def __init__(self, record, streams, rules):
        kind, body = record.kind, record.body
        target = target_of(kind, body, record.event["stream"])
        found = [f for f in streams.get(target[1], []) if f.id == target[0]] if target else []
        self.target = found[0] if found else None
        self.corrected = self.target if kind in CORRECTIONS else None
        self.depositary = None
        said_kind, said = (self.corrected.kind, self.corrected.body) if self.corrected else (kind, body)
        if record.event["standing"] == "depositary" and said_kind.startswith("treaty."):
            registered = registration(streams.get("treaty:" + said["treaty"], []), rules)
            if registered is not None:
                self.depositary = registered["depositary"]
            elif kind == "treaty.registered":
                self.depositary = body["depositary"]


def registration(facts, rules):
    """The rules of a treaty, as its registration stands corrected; of several the earliest by date, then seq."""
    acts = {}
    for fact in facts:
        if fact.kind == "treaty.registered":
            acts[fact.id] = [last_day(fact.effective), fact.seq, fact.body]
        elif fact.kind in CORRECTIONS and fact.body["target"] in acts:
            if fact.body.get("retracted") is True:
                del acts[fact.body["target"]]
                continue
            act = acts[fact.body["target"]]
            if "date" in fact.body:
                act[0] = last_day(fact.body["date"])
            replacement = fact.body.get("replacement")
            # One that does not fit is against the law, and changes nothing here.
            if replacement is not None and not rules.body_problem("treaty.registered", replacement):
                act[2] = replacement
    return min(acts.values(), key=lambda a: a[:2])[2] if acts else None


class Judge:
    """Stands at a position of a ledger, takes the next line, and moves past it in any case."""

    def __init__(self, rules):
        self.rules, self.authority, self.tree = rules, Authority(rules), Tree()
        self.next_seq, self.leaf, self.recorded = 0, ZERO_HASH, None
        self.streams, self.last, self.ids = {}, {}, {}
        # The stream that each record names, by seq, whether or not the record stands.
        self.named = []

    def examine(self, line, read):
        """The faults of the next line; and its record, if it stands. `read` parses a line."""
        try:
            record = read(line)
        except Fault as fault:
            fault.at(self.next_seq)
            self.next_seq, self.leaf = self.next_seq + 1, leaf_hash(line)
            self.tree.push(self.leaf)
            return None, [fault]
        faults = []
        try:
            self._check_chain(record)
        except Fault as fault:
            faults.append(fault.at(self.next_seq))
        # Behind a gap the count goes on from where the records are, so that one missing record is one fault.
        self.next_seq = record.seq
        stands = False
        try:
            self._check_event(record)
            stands = True
        except Fault as fault:
            if fault.unverifiable:
                try:
                    self._check_unknown(record)
                except Fault as certain:
                    faults.append(certain.at(record.seq))
                if record.kind == "ledger.founded" and fault.code != "event.unknown_type":
                    self.authority.apply(record.seq, record.id, record.kind, record.body)
            faults.append(fault.at(record.seq))
        if stands:
            self.authority.apply(record.seq, record.id, record.kind, record.body)
            self.streams.setdefault(record.event["stream"], []).append(Fact(record))
        # An event that was refused is in the log all the same: later ones follow it, and none repeats it.
        self.tree.push(record.leaf)
        self.named.append((record.seq, record.event["stream"]))
        self.last[record.event["actor"], record.event["stream"]] = record.id
        self.ids.setdefault(record.id, record.seq)
        if self.recorded is None or record.millis > self.recorded[0]:
            self.recorded = (record.millis, record.recorded)
        self.next_seq, self.leaf = record.seq + 1, record.leaf
        return record if stands else None, faults

    def _check_chain(self, record):
        if record.seq != self.next_seq:
            message = "the record does not count on from the one before"
            raise Fault(CHAIN, "chain.wrong_seq", message, expected=self.next_seq, found=record.seq)
        if record.prev != self.leaf.hex():
            message = "prev is not the leaf hash of the record before"
            raise Fault(CHAIN, "chain.broken", message, expected=self.leaf.hex(), found=record.prev)
        if self.recorded is not None and record.millis < self.recorded[0]:
            message = "recorded is before the record before"
            raise Fault(CHAIN, "chain.recorded_decreases", message, expected=f"{self.recorded[1]} or later", found=record.recorded)

    def _check_event(self, record):
        record.check_body(self.rules)
        self._check_ledger(record)
        if record.millis < millis(record.event["issued"]) - CLOCK_TOLERANCE_MS:
            message = "the author's clock is ahead of the ledger's"
            expected = f"issued at most 5 minutes after {record.recorded}"
            raise Fault(CHAIN, "event.issued_ahead", message, expected=expected, found=record.event["issued"])
        self.authority.check(record, About(record, self.streams, self.rules))
        self.authority.check_governance(record)
        self._check_place(record)
        if record.kind == "ledger.streams_counted":
            self._check_count(record.seq, record.body)

    def _check_ledger(self, record):
        founding = record.kind == "ledger.founded"
        if founding != (self.next_seq == 0):
            raise refuse("ledger.not_founded", "record 0, and no other, founds the ledger")
        if founding:
            if record.body["format"] != 1:
                message = "a format that this program does not know"
                raise Fault(BYTES, "ledger.unknown_format", message, expected=1, found=record.body["format"], unverifiable=True)
            check_rules_known(record.body["rules"])
            if record.event["ledger"] is None:
                return
        if record.event["ledger"] is None or record.event["ledger"] != self.authority.ledger_id:
            message = "the event was signed for another ledger"
            raise refuse("event.wrong_ledger", message, self.authority.ledger_id, record.event["ledger"])

    def _check_unknown(self, record):
        """What holds of any event, whatever its body says."""
        if self.next_seq > 0 and record.event["ledger"] != self.authority.ledger_id:
            raise refuse("event.wrong_ledger", "the event was signed for another ledger")
        self.authority.check_known_signatures(record)
        self._check_place(record)

    def _check_place(self, record):
        event = record.event
        if record.id in self.ids:
            raise Fault(PLACE, "event.already_recorded", f"it is record {self.ids[record.id]}")
        last = self.last.get((event["actor"], event["stream"]))
        if event["follows"] != last:
            message = f"{event['actor']} has said something else in {event['stream']} since"
            raise Fault(PLACE, "event.stale_follows", message, expected=last or "null", found=event["follows"] or "null")
        if event["seen"] is None:
            return
        size = event["seen"]["size"]
        root = self.tree.root(size) if size <= self.next_seq else None
        if root is None:
            message = "its author saw a longer ledger than this one"
            raise Fault(PLACE, "event.seen_ahead", message, expected=f"at most {self.next_seq} records", found=size)
        if b64(root) != event["seen"]["root"]:
            message = "its author saw another tree at that size"
            raise Fault(PLACE, "event.seen_contradicted", message, expected=b64(root), found=event["seen"]["root"])

    def _check_count(self, seq, claim):
        """How many records each stream had at a size (section 10, "Counts of streams")."""
        if claim["size"] > seq:
            message = "it counts records that come after it, or itself"
            raise Fault(PLACE, "streams.beyond_head", message, expected=f"at most {seq} records", found=claim["size"])
        counts, tree = {}, Tree()
        for at, stream in self.named:
            if at < claim["size"]:
                counts[stream] = counts.get(stream, 0) + 1
        for stream, records in sorted(counts.items()):
            tree.push(leaf_hash(canonical({"records": records, "stream": stream})))
        right, said = (len(counts), b64(tree.root(len(counts)))), (claim["streams"], claim["root"])
        if right != said:
            message = f"the first {claim['size']} records are not spread over the streams like this"
            expected, found = (f"{streams} streams, root {root}" for streams, root in (right, said))
            raise Fault(PLACE, "streams.miscounted", message, expected=expected, found=found)


# --- The files of an export or of a published directory (sections 7 and 13) --------------------------------------

SEGMENT, SMALL_FILE, WIDTH = 65_536, 1 << 20, 256
MAX_BUNDLE = WIDTH * (2 + MAX_RECORD)


def in_linked_folder(path):
    folder = os.path.dirname(path)
    return os.path.basename(folder) in ("checkpoints", "attachments") and os.path.islink(folder)


def read_plain(path, limit=None):
    """The bytes of a file that lies there itself, up to `limit`. No link is followed: then there is None."""
    if in_linked_folder(path):
        return None
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    with open(path, "rb") as file:
        return file.read() if limit is None else file.read(limit)


def layout(message, expected=None, found=None):
    return Fault(BYTES, "export.layout", message, expected=expected, found=found)


def lines_of_log(root, take):
    """Calls `take` with each line of the log in order; answers the faults of the layout."""
    folder = os.path.join(root, "log")
    if os.path.isdir(root) and not os.path.exists(folder):
        return [layout("the export has no folder log/, and no tile/entries/ instead")]
    if os.path.islink(folder):
        return [layout("log/ is a link")]
    faults, names, count = [], [], 0
    for entry in os.scandir(folder):
        if entry.is_file(follow_symlinks=False):
            names.append(entry.name)
        else:
            faults.append(layout(f"log/{entry.name} is not a plain file"))
    names.sort()
    for i, name in enumerate(names):
        expected = f"{i * SEGMENT:012}.jsonl"
        if name != expected:
            faults.append(layout("a segment of the log is missing, surplus or misnamed", expected, name))
            break
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        *lines, rest = data.split(b"\n")
        torn = rest != b"" and len(rest) <= MAX_RECORD + 1
        for line in lines + ([rest] if rest else []):
            # What is longer than a record may be is cut: it is a fault in any case.
            take(line[: MAX_RECORD + 2])
            count += 1
        if torn:
            faults.append(Fault(BYTES, "record.torn", "the last record does not end with LF", max(count - 1, 0)))
        here = len(lines) + (rest != b"")
        if here > SEGMENT or here == 0 or (i + 1 < len(names) and here < SEGMENT):
            faults.append(layout(f"the segment {name} has {here} records", SEGMENT, here))
    return faults


def tile_path(folder, index, width):
    """tile/FOLDER/x001/234, with `.p/WIDTH` where the tile is partial (c2sp.org/tlog-tiles)."""
    path = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03}/{path}"
    return f"tile/{folder}/{path}" + ("" if width == WIDTH else f".p/{width}")


def tile_fault(code, path, message, expected=None, found=None):
    return Fault(TREE, code, f"the {code.split('.')[0]} {path} {message}", expected=expected, found=found)


def lines_of_bundles(root, size, take):
    """The same out of entry bundles, as far as the checkpoint's size. Ends at the first that is missing or malformed."""
    for index in range((size + WIDTH - 1) // WIDTH):
        wanted = min(size - index * WIDTH, WIDTH)
        path, has = tile_path("entries", index, wanted), wanted
        data = read_plain(os.path.join(root, path), MAX_BUNDLE + 1)
        if data is None:
            has = WIDTH
            data = read_plain(os.path.join(root, tile_path("entries", index, WIDTH)), MAX_BUNDLE + 1)
        if data is None:
            return [tile_fault("bundle.missing", path, "is missing")]
        entries, at = [], 0
        for _ in range(has):
            length = int.from_bytes(data[at : at + 2], "big")
            if at + 2 + length > len(data):
                return [tile_fault("bundle.malformed", path, "ends within an entry")]
            entries.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        if at != len(data):
            return [tile_fault("bundle.malformed", path, f"has {len(data) - at} bytes behind its entries")]
        for entry in entries[:wanted]:
            take(entry)
    return []


def compare_tiles(root, lines, leaves, with_bundles):
    """Every bundle and every tile of the tree: there, of its length, and what the records give."""
    faults = []

    def compare(noun, folder, index, width, data, longest):
        path = tile_path(folder, index, width)
        found = read_plain(os.path.join(root, path), len(data) + 1)
        if found is None and width < WIDTH:
            full = tile_path(folder, index, WIDTH)
            whole = read_plain(os.path.join(root, full), longest + 1)
            if whole is not None:
                # A full tile may have taken the place of a partial one.
                if not whole.startswith(data):
                    faults.append(tile_fault(noun + ".mismatch", full, "does not hold what the records give"))
                return
        if found is None:
            faults.append(tile_fault(noun + ".missing", path, "is missing"))
        elif len(found) != len(data):
            message = "has another length than its records give"
            faults.append(tile_fault(noun + ".malformed", path, message, f"{len(data)} bytes", f"{len(found)} bytes"))
        elif found != data:
            faults.append(tile_fault(noun + ".mismatch", path, "does not hold what the records give"))

    if with_bundles:
        for start in range(0, len(lines), WIDTH):
            part = lines[start : start + WIDTH]
            data = b"".join(min(len(line), 0xFFFF).to_bytes(2, "big") + line for line in part)
            compare("bundle", "entries", start // WIDTH, len(part), data, MAX_BUNDLE)
    level, hashes = 0, leaves
    while hashes:
        above = []
        for start in range(0, len(hashes), WIDTH):
            part = hashes[start : start + WIDTH]
            compare("tile", str(level), start // WIDTH, len(part), b"".join(part), WIDTH * 32)
            if len(part) == WIDTH:
                while len(part) > 1:
                    part = [node_hash(a, b) for a, b in zip(part[::2], part[1::2])]
                above += part
        level, hashes = level + 1, above
    return faults


# --- The audit (section 9) ---------------------------------------------------------------------------------------


class Pins:
    """What the auditor got by another way than the export."""

    def __init__(self, ledger_id=None, log_keys=(), since=()):
        self.ledger_id, self.log_keys, self.since, self.witnesses = ledger_id, list(log_keys), list(since), None

    def ask_witnesses(self, demand):
        """The logs that a policy names are pinned by that."""
        self.log_keys += [k for k in demand.policy.logs if k not in self.log_keys]
        self.witnesses = demand

    def none(self):
        return self.ledger_id is None and not self.log_keys


class Handover:
    """One change of log keys, as the checkpoint of size seq + 1 must show it (section 6, "Who signs")."""

    def __init__(self, seq, body, before):
        self.seq, self.size = seq, seq + 1
        gone = body.get("lost", []) + body.get("compromised", [])
        self.old, self.gone = [k for k in before if k.text not in gone], [k for k in before if k.text in gone]
        self.new = log_keys_of(body["log_keys"])
        self.introduced = [k for k in self.new if k not in before]
        self.kept = None

    def check(self, origin, root):
        def fault(code, message):
            return Fault(CHECKPOINT, code, message, self.seq)

        if self.kept is None:
            raise fault("checkpoint.handover_missing", "the checkpoint that hands over to the new log keys is missing")
        try:
            checkpoint = Checkpoint(self.kept)
        except Fault as e:
            raise e.at(self.seq)
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, self.size, root):
            raise fault("checkpoint.handover_differs", "it is not of the records up to the change")
        for keys, code, which in ((self.new, "checkpoint.key_not_in_force", "new"), (self.old, "checkpoint.no_old_key", "old")):
            try:
                if keys:
                    checkpoint.signers(keys)
            except Fault as e:
                if e.code == "checkpoint.bad_signature":
                    raise e.at(self.seq)
                raise fault(code, f"no {which} log key signed the checkpoint that ends with the change") from None
        signed = checkpoint.signed_by(self.introduced)
        for key in self.introduced:
            if key not in signed:
                raise fault("checkpoint.new_key_silent", f"the new log key {key.short()} did not sign")


class Audit:
    def __init__(self, root, pins, rules, read=Record):
        self.root, self.pins, self.read = root, pins, read
        self.judge = Judge(rules)
        self.lines, self.leaves, self.keep_lines = [], [], False
        self.faults, self.unverifiable, self.unproven, self.flags = [], [], [], []
        self.handovers, self.attached, self.bundles = [], {}, []
        self.by_signer, self.by_type, self.by_standing = {}, {}, {}
        self.corrections, self.first_recorded = 0, None
        self.forks, self.notes, self.recorded, self.witnessed = [], [], [], None

    def path(self, *names):
        return os.path.join(self.root, *names)

    def run(self):
        latest = read_plain(self.path("checkpoint"), SMALL_FILE)
        has_bundles = os.path.isdir(self.path("tile", "entries"))
        from_bundles = has_bundles and not os.path.exists(self.path("log"))
        self.keep_lines = has_bundles and not from_bundles
        if from_bundles:
            # The size is not believed yet: it says where to stop, and is compared with what was there.
            try:
                size = Checkpoint(latest or b"").size
            except Fault:
                size = 0
            self.faults += lines_of_bundles(self.root, size, self._take)
        else:
            self.faults += lines_of_log(self.root, self._take)
        self._check_pins_and_tree(latest)
        self._check_kept(latest)
        for kept in self.pins.since:
            try:
                self._check_grown(kept, latest)
            except Fault as fault:
                (self.unproven if fault.unverifiable else self.faults).append(fault)
        if os.path.isdir(self.path("tile")):
            self.faults += compare_tiles(self.root, self.lines, self.leaves, self.keep_lines)
        self._check_attachments()
        return self._report()

    def _take(self, line):
        before = log_keys_of(self.judge.authority.log_keys)
        record, faults = self.judge.examine(line, self.read)
        self.leaves.append(self.judge.leaf)
        # A line that states no time has that of the one before.
        self.recorded.append(self.judge.recorded[0] if self.judge.recorded else 0)
        if self.keep_lines:
            self.lines.append(line)
        if record is not None:
            self._count(record, before)
        for fault in faults:
            # What follows a record of an unknown kind may rest on it: keys and roles can no longer be called false.
            sure = fault.stage < SIGNATURES or fault.code in CERTAIN
            unclear = fault.unverifiable or (not sure and self.unverifiable)
            (self.unverifiable if unclear else self.faults).append(fault)

    def _count(self, record, log_keys_before):
        def more(table, name):
            table[name] = table.get(name, 0) + 1

        for name in record.event["signers"]:
            more(self.by_signer, name)
        more(self.by_type, record.kind)
        more(self.by_standing, record.event["standing"])
        self.corrections += record.kind in CORRECTIONS
        self.first_recorded = self.first_recorded or record.recorded
        if record.millis - millis(record.event["issued"]) > LATE_AFTER_MS:
            self._flag(record.seq, "event.late", f"issued {record.event['issued']}, recorded {record.recorded}")
        for item in record.event.get("attachments", []):
            file = self.attached.setdefault(item["sha256"], {"sizes": {}, "events": set(), "erased": None})
            file["sizes"].setdefault(item["size"], record.seq)
            file["events"].add(record.id)
        if record.kind in ("ledger.founded", "ledger.rules_adopted"):
            self.bundles.append(record.body["rules"]["sha256"])
        if record.kind == "ledger.log_keys_changed":
            self.handovers.append(Handover(record.seq, record.body, log_keys_before))
        if record.kind == "attachment.erased":
            file = self.attached.setdefault(record.body["sha256"], {"sizes": {}, "events": set(), "erased": None})
            file["events"].discard(record.body["event"])
            file["erased"] = record.seq

    def _flag(self, seq, code, message):
        self.flags.append({"seq": seq, "code": code, "message": message})

    # Tree, checkpoint, pins

    def _check_pins_and_tree(self, latest):
        authority, tree, pinned = self.judge.authority, self.judge.tree, self.pins.ledger_id
        if tree.size == 0:
            self.faults.append(Fault(TREE, "tree.empty", "no records: nothing to verify is not verified"))
        if pinned is not None and pinned != authority.ledger_id:
            message = "this is another ledger than the pinned one"
            self.faults.append(Fault(CHECKPOINT, "pin.wrong_ledger", message, 0, pinned, authority.ledger_id or "none"))
        for handover in self.handovers:
            root = tree.root(handover.size)
            if root is None:
                continue
            handover.kept = read_plain(self.path("checkpoints", f"{handover.size:012}"), SMALL_FILE)
            try:
                handover.check(authority.origin, root)
            except Fault as fault:
                self._file(fault)
        if latest is None:
            self._file(Fault(CHECKPOINT, "checkpoint.missing", "the export has no checkpoint"))
            return
        in_force = log_keys_of(authority.log_keys)
        gone = [h.seq for h in self.handovers if any(k in self.pins.log_keys for k in h.gone)]
        if gone:
            self.notes.append(f"what the pinned log key vouches for: record {gone[0]} states that it is lost or compromised")
        try:
            checkpoint = self._open(latest, in_force, gone)
        except Fault as fault:
            self._file(fault)
            return
        size, root = tree.size, tree.root()
        if checkpoint.size > size:
            message = f"records {size} to {checkpoint.size - 1} are missing"
            self._file(Fault(TREE, "tree.truncated", message, expected=checkpoint.size, found=size))
        elif checkpoint.size < size:
            message = f"records from {checkpoint.size} on are not covered by the checkpoint"
            self._file(Fault(TREE, "tree.uncovered", message, expected=checkpoint.size, found=size))
        elif checkpoint.root != root:
            message = "the records are not those of the checkpoint"
            self._file(Fault(TREE, "tree.root_mismatch", message, expected=b64(checkpoint.root), found=b64(root)))
        if authority.ledger_id is not None and not checkpoint.signed_by(in_force):
            message = "the checkpoint is signed by no log key in force after the last record"
            self._file(Fault(CHECKPOINT, "checkpoint.key_not_in_force", message))

    def _file(self, fault):
        # A record of an unknown kind may have changed the log's keys.
        by_keys = fault.code in ("checkpoint.key_not_in_force", "checkpoint.unknown_key")
        (self.unverifiable if by_keys and self.unverifiable else self.faults).append(fault)

    def _open(self, latest, in_force, gone):
        """A pinned key judges alone. Without one, the keys in force do, which a pinned ledger id vouches for."""
        authority, pinned = self.judge.authority, self.pins.log_keys
        if not pinned:
            return open_checkpoint(latest, in_force, authority.origin)
        try:
            return open_pinned(latest, pinned)
        except Fault as fault:
            ledger_pinned = self.pins.ledger_id is not None and self.pins.ledger_id == authority.ledger_id
            vouched = any(self._handed_over(h, pinned) for h in self.handovers)
            if fault.code == "checkpoint.not_by_pinned_key" and (vouched or (gone and ledger_pinned)):
                return open_checkpoint(latest, in_force, authority.origin)
            raise

    @staticmethod
    def _handed_over(handover, pinned):
        """A pinned key vouches for its successors by the checkpoint with which it handed over."""
        try:
            return bool(Checkpoint(handover.kept or b"").signed_by([k for k in handover.old if k in pinned]))
        except Fault:
            return False

    def _check_grown(self, kept, latest):
        """A checkpoint of an earlier day: the ledger must have grown from it, and lost nothing."""
        authority, tree = self.judge.authority, self.judge.tree
        keys = self._log_keys_at(kept.size) + [k for k in self.pins.log_keys if k.name == authority.origin]
        if kept.origin != authority.origin or not kept.signed_by(keys):
            message = f"the kept checkpoint of {kept.size} records is not signed by this log"
            raise Fault(TREE, "since.not_by_log", message, expected=authority.origin, found=kept.origin, unverifiable=True)
        root = tree.root(kept.size)
        if root is None:
            message = f"the kept checkpoint covers {kept.size} records, and here are {tree.size}: the end was cut"
            raise Fault(TREE, "tree.rolled_back", message, expected=kept.size, found=tree.size)
        if root != kept.root:
            message = f"the first {kept.size} records are not those of the kept checkpoint: two histories were shown"
            shown = (latest or b"").decode("utf-8", "replace")
            self.forks.append({"size": str(kept.size), "kept": kept.bytes.decode(), "found": shown})
            raise Fault(TREE, "tree.forked", message, expected=b64(kept.root), found=b64(root))

    def _log_keys_at(self, size):
        """The log keys that may sign a checkpoint of `size`; where it hands over, those before and those behind."""
        for handover in self.handovers:
            if handover.size >= size:
                before = handover.old + handover.gone
                return before if handover.size > size else before + handover.new
        return log_keys_of(self.judge.authority.log_keys)

    # Kept checkpoints, and witnesses (section 13)

    def _check_kept(self, latest):
        """Every checkpoint that lies in checkpoints/ is of these records; and, under a policy, so are its witnesses."""
        kept = []
        if os.path.isdir(self.path("checkpoints")) and not os.path.islink(self.path("checkpoints")):
            names = [n for n in os.listdir(self.path("checkpoints")) if re.fullmatch("[0-9]{12}|[1-9][0-9]{12,19}", n)]
            files = [(int(n), read_plain(self.path("checkpoints", n), SMALL_FILE)) for n in names if int(n) < 2**64]
            kept = sorted((size, data) for size, data in files if data is not None)
        for size, data in kept:
            # Where log keys hand over, `Handover` has judged it.
            if not any(h.size == size for h in self.handovers):
                try:
                    self._check_kept_one(size, data, latest)
                except Fault as fault:
                    fault.message = f"checkpoints/{size:012}: {fault.message}"
                    self._file(fault)
        if self.pins.witnesses is None:
            return
        sound = {size: note for size, note in ((s, self._sound(s, data)) for s, data in kept) if note}
        for size, note in sound.items():
            self._cosigned(f"checkpoints/{size:012}", size, note.text, note.signatures)
        size = self.judge.tree.size
        note = self._sound(size, latest or b"")
        if note is not None:
            # What is kept beside the latest counts for it: the text is the same.
            beside = sound[size].signatures if size in sound else []
            self._check_quorum(self._cosigned("checkpoint", size, note.text, note.signatures + beside))

    def _check_kept_one(self, size, data, latest):
        kept = Checkpoint(data)
        if kept.size != size:
            message = "it is not of the size that its name says"
            raise Fault(CHECKPOINT, "checkpoint.malformed", message, expected=size, found=kept.size)
        try:
            self._check_grown(kept, latest)
        except Fault as fault:
            if fault.unverifiable:
                # It was given as evidence of this log, and is none.
                raise Fault(CHECKPOINT, "checkpoint.unknown_key", "it is not signed by this log") from None
            raise

    def _sound(self, size, data):
        """The checkpoint, if it is of the first `size` of these records."""
        try:
            note = Checkpoint(data)
        except Fault:
            return None
        ours = (self.judge.authority.origin, size, self.judge.tree.root(size))
        return note if (note.origin, note.size, note.root) == ours else None

    def _cosigned(self, place, size, text, signatures):
        """The policy's witnesses that cosigned, if the records keep to the times that they state."""
        policy = self.pins.witnesses.policy
        try:
            cosigned = cosigners(text, signatures, policy.witnesses)
        except Fault as fault:
            fault.message = f"{place}: {fault.message}"
            self.faults.append(fault)
            return []
        if not cosigned:
            return []
        # A witness that saw `size` records saw none of later; nor did it see those that follow.
        key, times = min(cosigned, key=lambda c: c[1][0])
        bound, below = times[0] + CLOCK_TOLERANCE_MS, self.recorded[:size]
        seq = bisect_right(below, bound)
        if seq < len(below):
            name, found = policy.witnesses[key], instant(below[seq])
            message = f"{place}: {name} saw it on {instant(times[0])}, and it is recorded more than five minutes later"
            self.faults.append(Fault(CHECKPOINT, "witness.recorded_after", message, seq, f"at most {instant(bound)}", found))
        key, times = max(cosigned, key=lambda c: c[1][-1])
        bound = times[-1] - CLOCK_TOLERANCE_MS
        if size < len(self.recorded) and self.recorded[size] < bound:
            name, found = policy.witnesses[key], instant(self.recorded[size])
            message = f"{place}: {name} saw {size} records on {instant(times[-1])}, and this later one is recorded before"
            self.faults.append(Fault(CHECKPOINT, "witness.recorded_before", message, size, f"at least {instant(bound)}", found))
        return cosigned

    def _check_quorum(self, cosigned):
        def unproven(code, message, expected=None, found=None):
            self.unproven.append(Fault(CHECKPOINT, code, message, None, expected, found, unverifiable=True))

        demand, policy = self.pins.witnesses, self.pins.witnesses.policy
        # The log cannot witness itself.
        logs = {log.key for log in self.pins.log_keys + self._log_keys_at(self.judge.tree.size)}
        latest = [(key, times[-1]) for key, times in cosigned if key.key not in logs]
        for key, name in policy.witnesses.items():
            if key.key in logs:
                message = f"{name} has the public key of the log, which cannot witness itself"
                unproven("witness.is_the_log", message)
        met, met_at = policy.satisfied([key for key, _ in latest]), policy.quorum_time(latest)
        by = [{"name": policy.witnesses[key], "key": key.short(), "time": instant(when)} for key, when in latest]
        missing = [name for key, name in policy.witnesses.items() if key not in dict(latest)]
        quorum = policy.quorum.decode("utf-8", "replace")
        if not met:
            who, not_by = ", ".join(w["name"] for w in by) or "nobody", ", ".join(missing) or "nobody"
            unproven("witness.quorum_not_met", f"the policy's quorum {quorum} is not met: cosigned by {who}, missing {not_by}")
        for key, when in latest:
            if when > demand.now + CLOCK_TOLERANCE_MS:
                message = f"{policy.witnesses[key]} cosigned on {instant(when)}, which is yet to come"
                unproven("witness.ahead", message, f"at most {instant(demand.now)}", instant(when))
        if met and demand.max_age is not None and (met_at is None or met_at < demand.now - demand.max_age):
            when = "never" if met_at is None else instant(met_at)
            message = f"the quorum was last met on {when}, longer ago than was asked for"
            unproven("witness.stale", message, f"{instant(demand.now - demand.max_age)} or later", when)
        self.witnessed = {"quorum": quorum, "met": met, "cosigned": by, "missing": missing}
        if met_at is not None:
            self.witnessed["met_at"] = instant(met_at)

    def _of_witnesses(self):
        """What is not checked of witnesses, freshness and forks."""
        if self.pins.witnesses is None:
            first = "witnesses: no cosignatures were asked for"
        elif self.pins.witnesses.policy.quorum == b"none":
            first = "witnesses: the policy asks for none"
        elif self.witnessed and self.witnessed["met"]:
            return [
                "witnesses: they vouch that the log showed them one growing tree, each with its own clock; not for what "
                "the records say, and nothing if enough of them conspire",
                f"freshness and forks: whether the ledger grew after {self.witnessed['met_at']}, and whether another was "
                "shown to others than these witnesses",
            ]
        else:
            first = "witnesses: the policy's quorum was not met, so they vouch for nothing"
        return [first, "freshness and forks: whether a longer or another ledger exists"]

    # Attachments

    def _check_attachments(self):
        absent = erased = 0
        for name in self.bundles:
            # The ledger itself needs the bundle: no author erases it.
            self.attached.setdefault(name, {"sizes": {}, "events": set(), "erased": None})["erased"] = None
        for name, file in sorted(self.attached.items()):
            erased_by = None if file["events"] else file["erased"]
            path = self.path("attachments", name)
            found, size = _hash_of(path)
            if found is None:
                erased, absent = erased + (erased_by is not None), absent + (erased_by is None)
                continue
            if erased_by is not None:
                self._flag(erased_by, "attachment.erased_but_present", f"attachments/{name} is still there")
            if found != name:
                message = f"attachments/{name} was altered"
                self.faults.append(Fault(BYTES, "attachment.altered", message, expected=name, found=found))
                continue
            for stated, seq in file["sizes"].items():
                if stated != size:
                    self._flag(seq, "attachment.size_differs", f"attachments/{name} has {size} bytes, not {stated}")
        if erased:
            self.notes.append(f"{erased} attachments that were erased, as records of this ledger say")
        if absent:
            self.notes.append(f"{absent} attachments that are not in this export")

    # The report

    def _report(self):
        name_the_altered(self.faults)
        tell_contradictions_once(self.faults)
        self.faults.sort(key=lambda f: (f.stage, -1 if f.seq is None else f.seq))
        self.flags.sort(key=lambda f: (f["seq"], f["code"]))
        not_checked = ["the law: whether each act was lawful where it stands (docs/LAW.md)"] + self.notes
        if self.pins.none():
            not_checked.append("authenticity: no ledger id or log key was pinned, so anyone may have made this")
        if self.unverifiable:
            not_checked.append(f"records of a kind that this program does not know: {len(self.unverifiable)}")
        not_checked += [
            "keys stated to be compromised: what they signed is not flagged here",
            "Unicode normalization of texts: checked at admission alone, as its tables change",
            *self._of_witnesses(),
            "the world: whether sources tell the truth, and whether all was reported",
        ]
        size, unclear = self.judge.tree.size, self.unproven + self.unverifiable
        if self.faults:
            verdict, first = "false", self.faults[0]
            summary = first.message if first.seq is None else f"record {first.seq} is wrong: {first.message}"
        elif self.unproven:
            verdict, summary = "unverifiable", self.unproven[0].message
        elif unclear:
            verdict, summary = "unverifiable", "what could be judged holds; some things cannot be judged"
        elif self.pins.none():
            verdict = "unverifiable"
            summary = "internally consistent, authenticity not checked: pin a ledger id or a log key"
        else:
            verdict, summary = "verified", f"all {size} records are whole, in order, and signed by right; the law was not checked"
        authority = self.judge.authority
        founded = authority.ledger_id is not None
        report = {
            "schema": "answerable.verify/v1",
            "verdict": verdict,
            "summary": summary,
            "origin": authority.origin if founded else None,
            "ledger_id": authority.ledger_id,
            "size": str(size),
            "root": b64(self.judge.tree.root()),
            "first_recorded": self.first_recorded,
            "last_recorded": self.judge.recorded[1] if self.judge.recorded else None,
            "by_signer": dict(sorted(self.by_signer.items())),
            "by_type": dict(sorted(self.by_type.items())),
            "by_standing": dict(sorted(self.by_standing.items())),
            "corrections": self.corrections,
            "faults": [f.to_json() for f in self.faults[:MAX_LISTED]],
            "faults_total": len(self.faults),
            "unverifiable": [f.to_json() for f in unclear[:MAX_LISTED]],
            "flags": self.flags[:MAX_LISTED],
            "flags_total": len(self.flags),
            "not_checked": not_checked,
        }
        if self.pins.since:
            report["since"] = [{"size": str(k.size), "root": b64(k.root)} for k in self.pins.since]
        if self.forks:
            report["forks"] = self.forks
        if self.witnessed:
            report["witnessed"] = self.witnessed
        return report


def _hash_of(path):
    """SHA-256 in hex and size of a plain file; (None, 0) where there is none."""
    try:
        if in_linked_folder(path) or not stat.S_ISREG(os.lstat(path).st_mode):
            return None, 0
    except (FileNotFoundError, NotADirectoryError):
        return None, 0
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def name_the_altered(faults):
    """A `prev` that does not fit tells of two records. Where the one behind fits again, the one before was altered, and
    the fault is moved there; of a row of broken ones the first is told."""
    broken = {f.seq for f in faults if f.code == "chain.broken"}
    faults[:] = [f for f in faults if f.code != "chain.broken" or f.seq - 1 not in broken]
    for fault in faults:
        if fault.code == "chain.broken" and fault.seq > 0 and fault.seq + 1 not in broken:
            fault.message = f"it was altered: record {fault.seq} commits to another hash of it"
            fault.seq -= 1
            fault.expected, fault.found = fault.found, fault.expected


def tell_contradictions_once(faults):
    """One altered record contradicts every later author's `seen`: the first is told, and how many more there are."""
    told = [f for f in faults if f.code == "event.seen_contradicted"]
    if len(told) > 1 and any(f.stage <= TREE for f in faults):
        faults[:] = [f for f in faults if f.code != told[0].code or f is told[0]]
        told[0].message += f"; so do the authors of {len(told) - 1} later records"


# --- Receipts (section 13) ---------------------------------------------------------------------------------------

PROOF_HEADER, MAX_PROOF, MAX_HASHES = b"c2sp.org/tlog-proof@v1", 1 << 20, 64


class Proof:
    def __init__(self, data):
        def malformed(why):
            return Fault(BYTES, "proof.malformed", f"not a proof: {why}")

        if len(data) > MAX_PROOF or b"\r" in data:
            raise malformed("it is too long, or has a carriage return")
        lines = data.split(b"\n")
        try:
            end = lines.index(b"")
            head = [line.decode("utf-8") for line in lines[:end]]
        except (ValueError, UnicodeDecodeError):
            raise malformed("no empty line comes before its checkpoint, or it is not UTF-8") from None
        if end + 1 == len(lines):
            raise malformed("it ends before its checkpoint")
        if lines[0] != PROOF_HEADER:
            raise malformed("its first line is another")
        rest = head[1:]
        self.extra = bool(rest) and rest[0].startswith("extra ")
        if self.extra and not unb64(rest.pop(0)[6:]):
            raise malformed("its extra data is not base64 of at least one byte")
        self.index = decimal(rest[0][6:]) if rest and rest[0].startswith("index ") else None
        self.hashes = [unb64(line, 32) for line in rest[1:]]
        if self.index is None or None in self.hashes or len(self.hashes) > MAX_HASHES:
            raise malformed("its index or one of its hashes is malformed, or there are too many")
        self.checkpoint = b"\n".join(lines[end + 1 :])


def judge_receipt(proof_bytes, line, pins):
    """Whether a proof shows that a record is in a ledger. Verified only under a pinned log key."""
    faults = []

    def attempt(check, *args):
        try:
            return check(*args)
        except Fault as fault:
            faults.append(fault)
            return None

    def included():
        if proof.index != record.seq:
            raise Fault(TREE, "proof.wrong_record", "the proof is of another record", record.seq, proof.index, record.seq)
        if checkpoint is None:
            return
        reached = root_from_proof(record.leaf, proof.index, checkpoint.size, proof.hashes) if proof.index < checkpoint.size else None
        if reached != checkpoint.root:
            raise Fault(TREE, "proof.not_included", "record, proof and checkpoint do not fit", record.seq)

    record = attempt(Record, line)
    proof = attempt(Proof, proof_bytes)
    checkpoint = None
    if proof is not None:
        opened = (open_pinned, proof.checkpoint, pins.log_keys) if pins.log_keys else (Checkpoint, proof.checkpoint)
        checkpoint = attempt(*opened)
    ledger_id = None
    if record is not None:
        if proof is not None:
            attempt(included)
        ledger_id = record.id if record.seq == 0 else record.event["ledger"]
        if pins.ledger_id is not None and ledger_id != pins.ledger_id:
            message = "the record is of another ledger than the pinned one"
            faults.append(Fault(CHECKPOINT, "pin.wrong_ledger", message, record.seq, pins.ledger_id, ledger_id or "none"))
    faults.sort(key=lambda f: f.stage)
    if faults:
        verdict, summary = "false", faults[0].message
    elif not pins.log_keys:
        verdict, summary = "unverifiable", "internally consistent, authenticity not checked: pin a log key"
    else:
        verdict = "verified"
        summary = f"record {record.seq} is in the ledger {checkpoint.origin}, by its checkpoint of {checkpoint.size} records"
    not_checked = [] if pins.log_keys else ["authenticity: no log key was pinned, so anyone may have made this"]
    if proof is not None and proof.extra:
        not_checked.append("the extra data of the proof: nobody signed it, and it was not read")
    not_checked += [
        "the author's signatures and right to sign, and the law: they need the whole ledger",
        "freshness and forks: whether a later record corrects this one, or another ledger exists",
        "witnesses: no cosignatures were asked for",
    ]
    return {
        "schema": "answerable.verify_proof/v1",
        "verdict": verdict,
        "summary": summary,
        "seq": str(record.seq) if record else None,
        "event_id": record.id if record else None,
        "ledger_id": ledger_id,
        "recorded": record.recorded if record else None,
        "origin": checkpoint.origin if checkpoint else None,
        "size": str(checkpoint.size) if checkpoint else None,
        "root": b64(checkpoint.root) if checkpoint else None,
        "faults": [f.to_json() for f in faults],
        "not_checked": not_checked,
    }


# --- The command line --------------------------------------------------------------------------------------------

EXIT = {"verified": 0, "false": 1, "unverifiable": 3}
WRONG_CALL, ENVIRONMENT, BUG = 2, 4, 70


def find_rules(named, export):
    """The bundle: the file that is named; else the one in the export; else the one of this repository."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, "..", "schemas", "json", "rules-1.json")
    within = [os.path.join(export, "attachments", RULES_SHA256)] if export else []
    for path in [named] if named else within + [beside]:
        data = read_plain(path)
        if data is not None and hashlib.sha256(data).hexdigest() == RULES_SHA256:
            return Rules(data)
    raise OSError(f"no rules bundle with the SHA-256 {RULES_SHA256} was found: name one with --rules FILE")


def collect_pins(args):
    pins = Pins(args.ledger_id)
    if pins.ledger_id is not None and not is_hex32(pins.ledger_id):
        raise BadCall("--ledger-id takes 64 hex digits")
    try:
        pins.log_keys = [LogKey(text) for text in args.log_key]
    except ValueError as e:
        raise BadCall(f"--log-key: {e}") from None
    if args.pin:
        with open(args.pin, "rb") as file:
            data = file.read(1 << 16)
        ledger_id, key = read_pin_card(data)
        if pins.ledger_id not in (None, ledger_id):
            raise BadCall(f"pin.conflict: the card pins the ledger {ledger_id}, and --ledger-id another")
        pins.ledger_id = ledger_id
        if key not in pins.log_keys:
            pins.log_keys.append(key)
    for path in args.since:
        with open(path, "rb") as file:
            data = file.read(MAX_NOTE + 1)
        try:
            pins.since.append(Checkpoint(data))
        except Fault as fault:
            raise BadCall(f"since.malformed: {path}: {fault.message}") from None
    if args.policy:
        pins.ask_witnesses(read_demand(args))
    return pins


def read_demand(args):
    """What the flags ask of witnesses. The clock is the system's, unless the call states another."""
    now = time.time_ns() // 1_000_000 + EPOCH if args.now is None else millis(args.now)
    if now is None:
        raise BadCall("--now takes an instant such as 2026-11-23T19:40:21.123Z")
    units, fits = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}, None
    if args.max_age is not None:
        fits = re.fullmatch("0*([0-9]{1,19})([mhdw])", args.max_age)
        if not fits or not 0 < int(fits[1]) * units[fits[2]] < 2**63:
            raise BadCall("--max-age takes a length of time such as 90m, 12h, 7d or 2w")
    with open(args.policy, "rb") as file:
        data = file.read(MAX_POLICY + 1)
    try:
        policy = Policy(data)
    except ValueError as e:
        raise BadCall(f"policy.malformed: not a policy: {args.policy}: {e}") from None
    return Demand(policy, now, int(fits[1]) * units[fits[2]] if fits else None)


def read_pin_card(data):
    """JSON with exactly four members, once each, and an origin that is the log key's name."""

    def members(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a member comes twice")
        return dict(pairs)

    try:
        card = json.loads(data.decode("utf-8"), object_pairs_hook=members)
        if not isinstance(card, dict) or set(card) != {"schema", "origin", "ledger_id", "log_key"}:
            raise ValueError("it has not the four members of a card")
        if card["schema"] != "answerable.pin_card/v1" or not is_hex32(card["ledger_id"]) or not _is_text(card["log_key"]):
            raise ValueError("a member is not of its form")
        key = LogKey(card["log_key"])
        if key.name != card["origin"]:
            raise ValueError("its origin is not its log key's name")
    except (ValueError, RecursionError) as e:
        raise BadCall(f"pin.malformed: not a pin card: {e}") from None
    return card["ledger_id"], key


def escape(text):
    """Text from a ledger, made safe for a terminal."""
    unsafe = lambda c: unicodedata.category(c) == "Cc" or REFUSED.match(c) or SURROGATE.match(c)  # noqa: E731
    return "".join(f"\\u{{{ord(c):x}}}" if unsafe(c) else c for c in text)


def to_text(report):
    lines = [f"{report['verdict'].upper()}: {report['summary']}"]
    for fault in report["faults"] + report.get("unverifiable", []):
        where = f"record {fault['seq']}: " if "seq" in fault else ""
        lines.append(f"  {where}{fault['code']}: {fault['message']}")
        lines += [f"      {label}: {fault[label]}" for label in ("expected", "found") if label in fault]
    for fork in report.get("forks", []):
        lines.append(f"  two histories of {fork['size']} records. The kept checkpoint:")
        lines += ["    " + line for line in fork["kept"].split("\n")]
        lines.append("  and the checkpoint of this export:")
        lines += ["    " + line for line in fork["found"].split("\n")]
    lines.append("")
    if report["schema"] == "answerable.verify/v1":
        more = report["faults_total"] - len(report["faults"])
        if more:
            lines.append(f"and {more} more faults")
        lines.append(f"recorded    {report['first_recorded']} to {report['last_recorded']}")
    else:
        lines.append(f"record      {report['seq']}, recorded {report['recorded']}, event {report['event_id']}")
    lines.append(f"origin      {report['origin']}")
    lines.append(f"ledger id   {report['ledger_id']}")
    lines.append(f"records     {report['size']}, root {report['root']}")
    if "witnessed" in report:
        seen = report["witnessed"]
        met = f"met, as of {seen['met_at']}" if "met_at" in seen else "met: nobody is asked for" if seen["met"] else "NOT met"
        lines.append(f"witnessed   quorum {seen['quorum']} {met}")
        lines += [f"            by {w['name']} ({w['key']}) on {w['time']}" for w in seen["cosigned"]]
        lines += [f"            not by {name}" for name in seen["missing"]]
    lines.append("NOT CHECKED")
    lines += [f"  - {what}" for what in report["not_checked"]]
    return "".join(escape(line) + "\n" for line in lines)


def batch(args, pins):
    """Reads folders on stdin, one a line; answers one JSON verdict a line. Lines that were read before are not parsed again."""
    known = {}

    def read(line):
        if line not in known:
            try:
                known[line] = Record(line)
            except Fault as fault:
                known[line] = fault
        found = known[line]
        if isinstance(found, Fault):
            raise Fault(found.stage, found.code, found.message, None, found.expected, found.found)
        return found

    rules, bugs = find_rules(args.rules, None), 0
    for folder in sys.stdin:
        try:
            report = Audit(folder.rstrip("\n"), pins, rules, read).run()
        except OSError as e:
            report = {"verdict": "unreadable", "error": str(e)}
        except Exception as e:  # A bug is told, and never passes as a verdict.
            bugs += 1
            report = {"verdict": "bug", "error": repr(e)}
        print(json.dumps(report), flush=True)
    return BUG if bugs else 0


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="answerable_verify.py",
        description="Judge an exported ledger, or a receipt, offline, trusting nobody. The law is not checked.",
        epilog="Exit codes: 0 verified; 1 checked and FALSE; 2 the call was wrong; 3 cannot be judged; 4 environment; 70 a bug.",
    )
    parser.add_argument("export", nargs="?", help="the folder of the export, or a published folder")
    parser.add_argument("--ledger-id", metavar="HEX", help="pin the ledger's id: 64 hex digits")
    parser.add_argument("--log-key", metavar="VKEY", action="append", default=[], help="pin a log key; may be given again")
    parser.add_argument("--pin", metavar="CARD.json", help="a pin card as a file")
    parser.add_argument("--since", metavar="CHECKPOINT", action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--policy", metavar="FILE", help="a trust policy: its logs are pinned, its quorum must have cosigned")
    parser.add_argument("--max-age", metavar="DURATION", help="the quorum must not be older, such as 12h or 7d")
    parser.add_argument("--now", metavar="INSTANT", help="judge witnesses as at this instant, such as 2026-11-23T19:40:21.123Z, not by the system's clock")
    parser.add_argument("--proof", metavar="FILE", help="judge a receipt instead: NAME.tlog-proof")
    parser.add_argument("--record", metavar="FILE", help="the record that it is to prove [default: NAME.record.json]")
    parser.add_argument("--rules", metavar="FILE", help="the rules bundle, rules-1.json")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--batch", action="store_true", help="read folders on stdin, answer one JSON verdict a line")
    args = parser.parse_args(argv)
    if [bool(args.export), bool(args.proof), args.batch].count(True) != 1:
        parser.error("name one export, or one receipt with --proof, or say --batch")
    if (args.record and not args.proof) or ((args.since or args.policy) and args.proof):
        parser.error("--record goes with --proof, --since and --policy with an export")
    if (args.max_age or args.now) and not args.policy:
        parser.error("--max-age and --now go with --policy")
    return args


def run(argv):
    args = arguments(argv)
    pins = collect_pins(args)
    if args.batch:
        return batch(args, pins)
    if args.proof:
        name = args.proof[: -len(".tlog-proof")] if args.proof.endswith(".tlog-proof") else args.proof
        with open(args.proof, "rb") as file:
            proof = file.read(MAX_PROOF + 1)
        with open(args.record or name + ".record.json", "rb") as file:
            line = file.read(MAX_RECORD + 2)
        report = judge_receipt(proof, line[:-1] if line.endswith(b"\n") else line, pins)
    else:
        report = Audit(args.export, pins, find_rules(args.rules, args.export)).run()
    text = to_text(report) if args.format == "text" else json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        # A reader that went away has what it wanted: the verdict still is the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT[report["verdict"]]


def main(argv):
    try:
        return run(argv)
    except BadCall as e:
        code, message, hint = WRONG_CALL, str(e), "answerable_verify.py --help"
    except OSError as e:
        code, message, hint = ENVIRONMENT, str(e), "name the folder of an export; or a receipt: --proof FILE"
    except Exception as e:
        code, message, hint = BUG, f"bug: {e!r}", "this should never happen: please report it"
    print(f"error: {escape(message)}\nhint: {hint}".encode("ascii", "backslashreplace").decode(), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
