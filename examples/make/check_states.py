"""Checks states.csv, state-successions.csv and treaty-acts.csv against one another.

    python3 check_states.py

No act before the actor existed (an imprecise valid_from counts from its first day) or after its last day,
no successor later than it is known, no predecessor ended before it is succeeded to. Exit 1 on a contradiction.
"""
import csv, os, re, sys
from datetime import date, timedelta

EXAMPLES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?$")
MODES = {"continuator", "separation", "merger", "dissolution"}


def table(name):
    with open(os.path.join(EXAMPLES, name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def first(d):
    return d + "-01-01"[len(d) - 4:]


def main():
    errors, states = [], {}
    for r in table("states.csv"):
        a = r["actor"]
        if a in states or not re.fullmatch(r"state:[A-Z]{3}", a):
            errors.append(f"{a}: twice, or not an actor id")
        states[a] = r
        if any(d and not DATE.match(d) for d in (r["valid_from"], r["valid_until"])) or not r["valid_from"]:
            errors.append(f"{a}: dates {r['valid_from']!r} {r['valid_until']!r}")
        if r["valid_until"] and r["valid_until"] < r["valid_from"]:
            errors.append(f"{a}: ends before it begins")
        if not (r["name"] and r["basis"] and r["source"]):
            errors.append(f"{a}: an empty cell")
    if list(states) != sorted(states):
        errors.append("states.csv is not sorted")

    acts = table("treaty-acts.csv")
    for r in acts:
        s = states.get(r["actor"])
        if s is None:
            errors.append(f"{r['actor']}: acts, but is not in states.csv")
        elif r["date"] < first(s["valid_from"]) or (s["valid_until"] and r["date"] > s["valid_until"]):
            errors.append(f"{r['actor']}: {r['act']} to {r['treaty']} on {r['date']} outside {s['valid_from']}..{s['valid_until']}")

    successions = table("state-successions.csv")
    for r in successions:
        p, q, where = states.get(r["predecessor"]), states.get(r["successor"]), f"{r['predecessor']} -> {r['successor']}"
        if p is None or q is None or r["mode"] not in MODES or not DATE.match(r["date"]):
            errors.append(f"{where}: unknown actor, mode or date")
            continue
        if first(r["date"]) < first(q["valid_from"]):
            errors.append(f"{where}: {r['date']} before the successor's {q['valid_from']}")
        if p["valid_until"] and date.fromisoformat(first(r["date"])) > date.fromisoformat(p["valid_until"]) + timedelta(days=1):
            errors.append(f"{where}: {r['date']} after the predecessor's {p['valid_until']}")
    for a, s in states.items():
        if s["valid_until"] and not any(r["predecessor"] == a for r in successions):
            errors.append(f"{a}: ended, with no successor")

    for e in errors:
        print(f"error: {e}")
    print(f"{len(states)} states, {len(successions)} successions, {len(acts)} acts; {len(errors)} contradictions")
    return 1 if errors else 0


sys.exit(main())
