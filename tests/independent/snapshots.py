"""What the dated tables of the UN Treaty Collection showed, and what changed between two days, computed a second way.

    python3 snapshots.py showed  --tables FOLDER --list LIST.csv
    python3 snapshots.py between --data FOLDER --states F --from DAY --to DAY

`showed` reads dated tables as they lie (FOLDER has them, LIST.csv says in which order they were seen, and when), and prints for
every day on which any was seen what each table showed in the evening: a line for each participant, with its cells. `between`
reads the status tables that panel.py reads, and prints what differs between two days: the acts, and what follows from them.
Neither reads a ledger, a mapping, a list of names or a line of the program that it checks.
"""
import argparse, csv, os, sys

import panel

MORE_NAMES = {"Cte d'Ivoire": "CIV", "Saint Vincent and the Grenadines": "VCT"}
IDS = {
    "att-2013": "arms-trade-treaty", "cat-1984": "convention-against-torture", "genocide-1948": "genocide-convention",
    "icppred-2006": "convention-on-enforced-disappearance", "refugee-1951": "refugee-convention",
    "non-applicability-limitations-1968": "convention-on-statutory-limitations",
    "refugee-protocol-1967": "refugee-protocol", "rome-1998": "rome-statute",
}


def read(path, names):
    """state -> (signed, provisional, consent, mode)"""
    rows = {}
    with open(path, encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            if row["Participant"] not in names:
                sys.exit(f"{path}: who is {row['Participant']!r}?")
            state = "state:" + names[row["Participant"]]
            if state in rows:
                sys.exit(f"{path}: two rows of {state}")
            signed = provisional = consent = mode = ""
            for heading, cell in row.items():
                if not cell or heading == "Participant":
                    continue
                date, suffix = panel.read_date(cell)
                if heading == "Signature":
                    signed = str(date)
                elif heading.startswith("Provisional application"):
                    provisional = str(date)
                else:
                    consent, mode = str(date), panel.SUFFIXES[suffix]
            rows[state] = (signed, provisional, consent, mode)
    return rows


def showed(args, out):
    names = {**panel.iso_names(args.data), **MORE_NAMES}
    days, now = {}, {}
    with open(args.list, encoding="utf-8", newline="") as f:
        listed = list(csv.DictReader(f))
    if [r["seen"] for r in listed] != sorted(r["seen"] for r in listed):
        sys.exit("the list is not in the order of seeing")
    for row in listed:
        # The last table of a day is what the day ends with.
        now[IDS[row["table"].split("__")[0]]] = read(os.path.join(args.tables, row["table"]), names)
        days[row["seen"]] = dict(now)
    out.writerow("day treaty state signed provisional consent mode".split())
    for day, tables in sorted(days.items()):
        for treaty, rows in sorted(tables.items()):
            for state, cells in sorted(rows.items()):
                out.writerow([day, treaty, state, *cells])


WORDS = {"in_force": "in force", "deposited": "deposited", "provisionally_applied": "provisional", "signed": "signed"}


def stands(cell):
    """A cell of panel.py in words; "" where the state has done nothing yet"""
    status, _, _, _, _, begins = cell
    if status not in WORDS:
        return ""
    if begins:
        return f"in force from {begins}" if status == "in_force" else f"{WORDS[status]}, from {begins}"
    return WORDS[status]


def between(args, out):
    days = [panel.Day.fromisoformat(d) for d in (args.first, args.last)]
    args.succession, args.succession_dates, args.party = "recorded", False, "in-force"
    world = panel.World(args)
    out.writerow("treaty actor fact before after".split())
    for treaty, rules in panel.TREATIES.items():
        entries = [world.entry_into_force(treaty, day) for day in days]
        entered = []
        for day, entry in zip(days, entries):
            counted = sum(a.mode in rules.modes and a.consent <= day for a in world.acts[treaty].values() if a.consent)
            short = f"{counted} of {rules.threshold} deposits"
            entered.append(short if not entry else f"in force from {entry}" if entry <= day else f"from {entry}")
        reached = [bool(entry and entry <= day) for day, entry in zip(days, entries)]
        if entries[0] != entries[1] or reached[0] != reached[1]:
            out.writerow([treaty, "", "entry_into_force", *entered])
        for state, acts in sorted(world.acts[treaty].items()):
            told = {
                "treaty.signed": (acts.signed, ""),
                "treaty.provisionally_applied": (acts.provisional, ""),
                "treaty.consent_deposited": (acts.consent, f", {acts.mode}"),
            }
            for fact, (date, more) in told.items():
                ends = [f"{date}{more}" if date and date <= day else "" for day in days]
                if ends[0] != ends[1]:
                    out.writerow([treaty, state, fact, *ends])
            ends = [stands(world.cell(treaty, state, day, entry)) for day, entry in zip(days, entries)]
            if ends[0] != ends[1]:
                out.writerow([treaty, state, "status", *ends])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["showed", "between"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--tables")
    parser.add_argument("--list")
    parser.add_argument("--states")
    parser.add_argument("--from", dest="first")
    parser.add_argument("--to", dest="last")
    args = parser.parse_args()
    out = csv.writer(sys.stdout, lineterminator="\n")
    (showed if args.what == "showed" else between)(args, out)


main()
