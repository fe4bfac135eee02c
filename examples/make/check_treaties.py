"""Checks treaties.json, and the acts in treaty-acts.csv against its rules.

    python3 check_treaties.py

Errors (exit 1): a member of the wrong shape, a signature outside its window, a mode that the treaty does not
allow, an accession before it is open. Remarks (no failure): what the tables show beside the rules, such as a
ratification without a signature in the same row.
"""
import csv, json, os, re, sys

EXAMPLES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IDS = ["additional-protocol-i", "additional-protocol-ii", "arms-trade-treaty", "geneva-conventions", "genocide-convention",
       "refugee-convention", "refugee-protocol", "rome-statute"]
ALL_MODES = {"ratification", "acceptance", "approval", "accession", "succession", "formal_confirmation", "definitive_signature"}
NEEDED = {"treaty", "title", "reference", "adopted", "depositary", "consent_modes", "threshold", "for_each_state", "withdrawal", "reservations"}
OPTIONAL = {"signature", "accession_from", "accession_after_entry_into_force", "minimum_parties", "provisional_application", "requires", "note"}


def values(v, path="$"):
    yield path, v
    if isinstance(v, dict):
        for k, x in v.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", k):
                yield f"{path}.{k}", None
            yield from values(x, f"{path}.{k}")
    elif isinstance(v, list):
        for i, x in enumerate(v):
            yield from values(x, f"{path}[{i}]")


def is_delay(d):
    return set(d) == {"unit", "count"} and d["unit"] in {"days", "months", "first_of_month_after_days"} and d["count"] >= 0


def main():
    errors, remarks = [], []
    with open(os.path.join(EXAMPLES, "treaties.json"), encoding="utf-8") as f:
        treaties = json.load(f)
    if [t["treaty"] for t in treaties] != IDS:
        errors.append("treaties.json: the ids, or their order")
    for path, v in values(treaties):
        if v is None or isinstance(v, float):
            errors.append(f"{path}: null, fraction or bad key")
    for t in treaties:
        name, keys = t["treaty"], set(t)
        if NEEDED - keys or keys - NEEDED - OPTIONAL:
            errors.append(f"{name}: members {sorted((NEEDED - keys) | (keys - NEEDED - OPTIONAL))}")
        if not set(t["consent_modes"]) <= ALL_MODES or not set(t["threshold"]["modes"]) <= set(t["consent_modes"]):
            errors.append(f"{name}: modes")
        delays = [t["threshold"]["delay"], t["for_each_state"]["delay"]]
        if t["withdrawal"]["kind"] == "notice":
            delays.append(t["withdrawal"]["delay"])
        if not all(map(is_delay, delays)):
            errors.append(f"{name}: a delay")
    rules = {t["treaty"]: t for t in treaties}

    signed, first_signature = {}, {}
    with open(os.path.join(EXAMPLES, "treaty-acts.csv"), encoding="utf-8", newline="") as f:
        acts = list(csv.DictReader(f))
    for r in acts:
        t, where = rules[r["treaty"]], f"{r['treaty']} {r['actor']} {r['act']} {r['mode']} {r['date']}"
        key = (r["treaty"], r["actor"])
        if r["date"] < t["adopted"]:
            errors.append(f"{where}: before adoption")
        if r["act"] == "signature":
            signed[key] = r["date"]
            window = t.get("signature")
            if window is None or not window["from"] <= r["date"] <= window.get("until", "9999"):
                errors.append(f"{where}: outside the window {window}")
            if r["treaty"] == "refugee-convention" and "1951-09-01" <= r["date"] <= "1951-09-16":
                remarks.append(f"{where}: in the fortnight in which signature was closed")
            first_signature[r["treaty"]] = min(r["date"], first_signature.get(r["treaty"], "9999"))
        elif r["act"] == "provisional_application":
            if not t.get("provisional_application"):
                errors.append(f"{where}: not provided for")
        else:
            if r["mode"] not in t["consent_modes"]:
                errors.append(f"{where}: mode not allowed")
            if r["mode"] == "accession" and r["date"] < t.get("accession_from", ""):
                errors.append(f"{where}: accession was not open")
            if r["mode"] == "accession" and t.get("accession_after_entry_into_force"):
                errors.append(f"{where}: accession before entry into force")
            if r["mode"] in {"ratification", "acceptance", "approval"}:
                if key not in signed:
                    remarks.append(f"{where}: no signature in the row")
                elif r["date"] < signed[key]:
                    errors.append(f"{where}: before the signature of {signed[key]}")
            if r["mode"] == "accession" and key in signed:
                remarks.append(f"{where}: accession after a signature of {signed[key]}")
    consents = {(r["treaty"], r["actor"]): r["date"] for r in acts if r["act"] == "consent"}
    for r in acts:
        if r["act"] == "provisional_application":
            if r["date"] not in (signed.get((r["treaty"], r["actor"])), consents.get((r["treaty"], r["actor"]))):
                remarks.append(f"{r['treaty']} {r['actor']}: provisional application {r['date']} on neither act's day")
    for t, d in sorted(first_signature.items()):
        print(f"first signature in the table of {t}: {d}")
    for m in remarks:
        print(f"remark: {m}")
    for e in errors:
        print(f"error: {e}")
    print(f"{len(treaties)} treaties, {len(acts)} acts; {len(errors)} errors, {len(remarks)} remarks")
    return 1 if errors else 0


sys.exit(main())
