"""Checks country-names.csv against the sources that it is meant to cover.

    python3 check_names.py [DATA_FOLDER]        default /work/shared/data

Covered: the participants of treaties/*.csv and untreaties_snapshots/*.csv (an unresolved one is an
error), of untreaties_observed_changes.csv, and the country columns of upr/ and unsc/, and the ISO names
of the actors in states.csv. Exit 0: every spelling resolves. Exit 1: some do not, and are printed.

How to look a name up: compare the bytes. One actor for the name: that one. Several (Yugoslavia): the one
whose interval holds the date of the table. valid_until is the last day. An old name that a table still
shows after its last day resolves all the same; such cases are printed as "outlived", not as errors.
"""
import csv, glob, json, os, re, sys, unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.dirname(HERE)
# Spellings that stand for no state.
NOT_STATES = {"&#40;Unknown&#41;"}
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?$")


def table(path, skip_comments=False):
    with open(path, encoding="utf-8-sig", newline="") as f:
        lines = [l for l in f if not (skip_comments and l.startswith("#"))]
    return list(csv.DictReader(lines))


def first(date):
    return (date + "-01-01"[len(date) - 4:]) if date else "0001-01-01"


def last(date):
    return (date + "-12-31"[len(date) - 4:]) if date else "9999-12-31"


def resolve(names, name, date):
    """(actor or None, whether the date lies in the name's interval)"""
    hits = names.get(name, [])
    within = [h for h in hits if first(h["valid_from"]) <= date <= last(h["valid_until"])]
    if len({h["actor"] for h in within}) == 1:
        return within[0]["actor"], True
    if not within and len({h["actor"] for h in hits}) == 1:
        return hits[0]["actor"], False
    return None, False


def main():
    data = sys.argv[1] if len(sys.argv) > 1 else "/work/shared/data"
    errors, outlived = [], {}
    rows = table(os.path.join(EXAMPLES, "country-names.csv"))
    actors = {r["actor"]: r for r in table(os.path.join(EXAMPLES, "states.csv"))}
    keys = [(r["name"], r["valid_from"]) for r in rows]
    if keys != sorted(keys):
        errors.append("country-names.csv is not sorted by name and valid_from")
    if len(keys) != len(set(keys)):
        errors.append("country-names.csv: (name, valid_from) is not unique")
    names = {}
    for r in rows:
        names.setdefault(r["name"], []).append(r)
        if r["actor"] not in actors:
            errors.append(f"{r['name']}: unknown actor {r['actor']}")
        if unicodedata.normalize("NFC", r["name"]) != r["name"] or r["name"] != r["name"].strip():
            errors.append(f"{r['name']!r}: not NFC, or surrounded by white space")
        for d in (r["valid_from"], r["valid_until"]):
            if d and not DATE.match(d):
                errors.append(f"{r['name']}: {d} is no date")
        if first(r["valid_from"]) > last(r["valid_until"]):
            errors.append(f"{r['name']}: ends before it begins")

    seen = 0

    def want(name, date, where):
        nonlocal seen
        if name == "" or name in NOT_STATES:
            return
        seen += 1
        actor, inside = resolve(names, name, date)
        if actor is None:
            errors.append(f"{where}: unresolved {name!r} ({name.encode('utf-8')!r})")
        elif not inside:
            outlived.setdefault((name, actor), set()).add(where)

    # The tables are those of the repository's last commit.
    for path in sorted(glob.glob(os.path.join(data, "treaties", "*.csv"))):
        if os.path.basename(path) != "_index.csv":
            for r in table(path):
                want(r["Participant"], "2015-03-14", os.path.basename(path))
    for path in sorted(glob.glob(os.path.join(data, "untreaties_snapshots", "*.csv"))):
        date = os.path.basename(path).split("__")[1]
        for r in table(path):
            want(r["Participant"], date, os.path.basename(path))
    core = seen
    for r in table(os.path.join(data, "untreaties_observed_changes.csv")):
        want(r["participant"], r["observed_at"][:10], "untreaties_observed_changes.csv")
    for name, columns in (("upr_recommendations_s1_20.csv", ("sur", "recommending")),
                          ("upr_r2p_relevant.csv", ("sur", "recommending")), ("upr_voluntary_pledges.csv", ("To", "From"))):
        for r in table(os.path.join(data, "upr", name)):
            for c in columns:
                want(r[c], "2012-07-01", f"upr/{name}")
    for r in table(os.path.join(data, "unsc", "council_membership_1992_2023.csv"), True):
        want(r["country_org"], r["start_year"] + "-07-01", "unsc/council_membership")
    for r in table(os.path.join(data, "unsc", "vetoes_unsc_vetoes_1946_sept2022.csv")):
        month, day, year = r["date"].split("/")
        for c in ("member_veto1", "member_veto2", "member_veto3"):
            want(r[c], f"{year}-{int(month):02}-{int(day):02}", "unsc/vetoes")
    for x in json.load(open(os.path.join(data, "iso", "iso_3166-1.json"), encoding="utf-8"))["3166-1"]:
        if "state:" + x["alpha_3"] in actors:
            for k in ("name", "official_name", "common_name"):
                want(x.get(k, ""), "2026-01-01", "iso_3166-1.json")

    for (name, actor), where in sorted(outlived.items()):
        print(f"outlived: {name!r} -> {actor} in {', '.join(sorted(where))}")
    for e in sorted(set(errors)):
        print(f"error: {e}")
    print(f"{len(rows)} rows, {len(names)} spellings; {core} participants in tables and snapshots, {seen} names in all; "
          f"{len(set(errors))} unresolved or wrong")
    return 1 if errors else 0


sys.exit(main())
