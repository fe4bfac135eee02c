"""Makes whole dated tables again from kept ones and from the changes that were observed between them.

    python3 rebuild_tables.py DATA_FOLDER OUT_FOLDER

DATA_FOLDER has untreaties_snapshots/NAME__DAY__COMMIT.csv, of which many of the days in between were not kept, and
untreaties_observed_changes.csv, which says of every commit which cells changed. OUT_FOLDER gets a table for each treaty and each
commit that changed it, and list.csv: table, seen, mapping, in the order in which they were observed, as
examples/untc-snapshots.csv has it. Where a table of that commit was kept, what was made must be the same, cell by cell: else
exit 1, and the list says what differs.

A commit that only heads a column anew writes its old cells off and the new ones in; the headings are those of the kept tables.
"""
import csv, os, sys

EXAMPLES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def main():
    data, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    listed = read(os.path.join(EXAMPLES, "untc-snapshots.csv"))
    mapping = {r["table"].split("__")[0]: r["mapping"] for r in listed}
    kept = {}
    for r in listed:
        name, _, commit = r["table"][:-4].split("__")
        kept[name, commit] = r
    changes = {}
    for c in read(os.path.join(data, "untreaties_observed_changes.csv")):
        changes.setdefault((c["observed_at"], c["commit"][:7], c["treaty"]), []).append(c)

    # A table that was kept although nothing in it had changed is held against the one before, too.
    time = {commit: at for at, commit, _ in changes}
    first = {name: row for row in reversed(listed) for name in [row["table"].split("__")[0]]}
    for (name, commit), row in kept.items():
        if row is not first[name] and commit in time:
            changes.setdefault((time[commit], commit, name), [])

    def table(row):
        return {r["Participant"]: r for r in read(os.path.join(data, "untreaties_snapshots", row["table"]))}

    made, out = {}, []
    # The first table of each treaty is there whole.
    for row in listed:
        name = row["table"].split("__")[0]
        if name not in made:
            made[name] = table(row)
            out.append(("", row, made[name]))
    wrong = 0
    for (at, commit, name), cells in sorted(changes.items()):
        rows = {who: dict(cells) for who, cells in made[name].items()}
        known = kept.get((name, commit))
        if known:
            # A heading that was changed keeps its cells.
            new = table(known)
            heads, old = [list(next(iter(t.values()))) for t in (new, rows)]
            rows = {who: dict(zip(heads, r.values())) for who, r in rows.items()} if heads != old else rows
        heads = list(next(iter(rows.values())))
        for c in cells:
            column = c["column"] if c["column"] in heads else next(h for h in heads if h.startswith(c["column"].split("(")[0]))
            row = rows.setdefault(c["participant"], {h: c["participant"] if h == "Participant" else "" for h in heads})
            row[column] = "" if c["new"] == "<absent>" else c["new"]
        rows = {who: r for who, r in rows.items() if any(r[h] for h in heads if h != "Participant")}
        made[name] = rows
        if known:
            differ = [who for who in {**rows, **new} if rows.get(who) != new.get(who)]
            if differ:
                wrong += 1
                print(f"{known['table']}: differs in {', '.join(sorted(differ))}")
            out.append((at, known, rows))
        else:
            out.append((at, {"table": f"{name}__{at[:10]}__{commit}.csv", "seen": at[:10], "mapping": mapping[name]}, rows))
    missing = {r["table"] for r in listed} - {r["table"] for _, r, _ in out}
    if missing:
        wrong += 1
        print("no changes lead to", ", ".join(sorted(missing)))
    with open(os.path.join(folder, "list.csv"), "w", encoding="utf-8", newline="") as f:
        listing = csv.writer(f, lineterminator="\n")
        listing.writerow(["table", "seen", "mapping"])
        for _, row, rows in sorted(out, key=lambda o: o[0]):
            listing.writerow([row["table"], row["seen"], row["mapping"]])
            with open(os.path.join(folder, row["table"]), "w", encoding="utf-8", newline="") as t:
                writer = csv.DictWriter(t, list(next(iter(rows.values()))), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows[who] for who in sorted(rows))
    print(f"{len(out)} tables, {len(listed)} of them kept")
    sys.exit(1 if wrong else 0)


main()
