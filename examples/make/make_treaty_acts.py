"""Restates five status tables of the UN Treaty Collection as treaty-acts.csv.

    python3 make_treaty_acts.py TABLES_FOLDER [OUTPUT]      OUTPUT: default ../treaty-acts.csv, - for stdout

Nothing is inferred: one line per dated cell. Anything not understood (a header, a suffix, a date, a name, a
second row for an actor) ends the program with exit 1 and no output.
"""
import csv, io, os, re, sys
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = (
    ("arms-trade-treaty", "att-2013.csv", "MTDSG XXVI-8"),
    ("genocide-convention", "genocide-1948.csv", "MTDSG IV-1"),
    ("refugee-convention", "refugee-1951.csv", "MTDSG V-2"),
    ("refugee-protocol", "refugee-protocol-1967.csv", "MTDSG V-5"),
    ("rome-statute", "rome-1998.csv", "MTDSG XVIII-10"),
)
TABLES_DATE = "2015-03-14"
# What a column heading announces, and the suffix by which a cell names it.
MODES = {"Ratification": ("", "ratification"), "Accession(a)": ("a", "accession"), "Acceptance(A)": ("A", "acceptance"),
         "Approval(AA)": ("AA", "approval"), "Succession(d)": ("d", "succession"),
         "Definitive signature(s)": ("s", "definitive_signature"), "Formal confirmation(c)": ("c", "formal_confirmation")}
PROVISIONAL = {"Provisional application under article 23(n)", "Provisional application(n)"}
ORDER = {"signature": 0, "provisional_application": 1, "consent": 2}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class NotUnderstood(Exception):
    pass


def load_names():
    names = {}
    with open(os.path.join(os.path.dirname(HERE), "country-names.csv"), encoding="utf-8", newline="") as f:
        for r in csv.DictReader(f):
            begin, end = r["valid_from"] or "0001", r["valid_until"] or "9999-12-31"
            names.setdefault(r["name"], []).append((begin <= TABLES_DATE <= end, r["actor"]))
    return names


def actor_of(names, name):
    hits = names.get(name, [])
    actors = {a for inside, a in hits if inside} or {a for _, a in hits}
    if len(actors) != 1:
        raise NotUnderstood(f"participant {name!r} names {len(actors)} actors")
    return actors.pop()


def read_cell(cell):
    """'2 Apr 2014 AA' -> ('2014-04-02', 'AA')"""
    m = re.fullmatch(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})(?: ([A-Za-z]{1,2}))?", cell)
    if not m or m[2] not in MONTHS:
        raise NotUnderstood(f"cell {cell!r}")
    date = datetime(int(m[3]), MONTHS.index(m[2]) + 1, int(m[1]))
    return date.strftime("%Y-%m-%d"), m[4] or ""


def read_header(header):
    if not header or header[0] != "Participant":
        raise NotUnderstood(f"header {header!r}")
    columns = []
    for h in header[1:]:
        if h == "Signature":
            columns.append(("signature", {"": ""}))
        elif h in PROVISIONAL:
            columns.append(("provisional_application", {"n": ""}))
        else:
            parts = h.split(", ")
            if any(p not in MODES for p in parts):
                raise NotUnderstood(f"column {h!r}")
            columns.append(("consent", dict(MODES[p] for p in parts)))
    if [c for c, _ in columns].count("consent") != 1:
        raise NotUnderstood(f"header {header!r}")
    return columns


def acts(folder, names):
    for treaty, file, source in TABLES:
        with open(os.path.join(folder, file), encoding="utf-8", newline="") as f:
            rows = list(csv.reader(f, strict=True))
        columns, met = read_header(rows[0]), set()
        for n, row in enumerate(rows[1:], 2):
            try:
                if len(row) != len(columns) + 1:
                    raise NotUnderstood(f"{len(row)} cells")
                actor = actor_of(names, row[0])
                if actor in met:
                    raise NotUnderstood(f"a second row for {actor}")
                met.add(actor)
                if not any(row[1:]):
                    raise NotUnderstood("a row without any date")
                for (act, suffixes), cell in zip(columns, row[1:]):
                    if cell:
                        date, suffix = read_cell(cell)
                        if suffix not in suffixes:
                            raise NotUnderstood(f"suffix {suffix!r} in {cell!r}, which the column does not announce")
                        yield treaty, actor, act, suffixes[suffix], date, source
            except (NotUnderstood, ValueError) as e:
                raise NotUnderstood(f"{file}, row {n}: {e}") from None


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        lines = sorted(acts(sys.argv[1], load_names()), key=lambda r: (r[0], r[1], ORDER[r[2]], r[4]))
    except (NotUnderstood, OSError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow("treaty actor act mode date source_table".split())
    out.writerows(lines)
    target = sys.argv[2] if len(sys.argv) == 3 else os.path.join(os.path.dirname(HERE), "treaty-acts.csv")
    if target == "-":
        sys.stdout.buffer.write(text.getvalue().encode("utf-8"))
    else:
        with open(target, "w", encoding="utf-8", newline="") as f:
            f.write(text.getvalue())
        print(f"{len(lines)} acts", file=sys.stderr)
    return 0


sys.exit(main())
