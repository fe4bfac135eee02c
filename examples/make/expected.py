"""What a correct replay of the five tables must answer, computed a second way.

    python3 expected.py TABLES_FOLDER > expected.json

Independent of the program and of every other file here: it reads the raw tables of the UN Treaty Collection
(names as spelled there) and has the entry-into-force rules written out as five small functions. The tables
know nothing after 2015-03-14 (arms trade treaty: 2014-07-10), list no withdrawals, and show predecessor
states that ended under no name of their own; the answers are those of the tables.
"""
import csv, datetime, json, os, sys

DAY = datetime.timedelta(days=1)
MONTHS = {m: i for i, m in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
# treaty: (file, threshold, suffixes that count towards it, the rule from a deposit to its effect)


def ninety_days(d):
    return d + 90 * DAY


def same_day(d):
    return d


def first_of_month_after_sixty_days(d):
    d += 60 * DAY
    return datetime.date(d.year + (d.month == 12), d.month % 12 + 1, 1)


RULES = {
    "arms-trade-treaty": ("att-2013.csv", 50, {"", "A", "AA"}, ninety_days),
    "genocide-convention": ("genocide-1948.csv", 20, {"", "a"}, ninety_days),
    "refugee-convention": ("refugee-1951.csv", 6, {"", "a"}, ninety_days),
    "refugee-protocol": ("refugee-protocol-1967.csv", 6, {"a"}, same_day),
    "rome-statute": ("rome-1998.csv", 60, {"", "a", "A", "AA"}, first_of_month_after_sixty_days),
}
DATES = ("2002-07-01", "2015-03-14")


def deposits(folder, file):
    """[(date, suffix, participant)] from the last column, the consent to be bound"""
    out = []
    with open(os.path.join(folder, file), encoding="utf-8", newline="") as f:
        rows = csv.reader(f)
        header = next(rows)
        assert "Accession(a)" in header[-1], header
        for row in rows:
            words = row[-1].split()
            if words:
                assert len(words) in (3, 4), row
                date = datetime.date(int(words[2]), MONTHS[words[1]], int(words[0]))
                out.append((date, words[3] if len(words) == 4 else "", row[0]))
    return sorted(out)


def entry_into_force(found, count, counted, effect):
    dates = [d for d, suffix, _ in found if suffix in counted]
    return (effect(dates[count - 1]) if len(dates) >= count else None), dates


def state_on(found, eif, effect, day):
    """deposits up to the day, split by whether they bind the state on it"""
    made = [x for x in found if x[0] <= day]
    bound, waiting = [], []
    for d, suffix, name in made:
        # A succession does not wait; nothing binds before the treaty itself is in force.
        begins = None if eif is None else max(eif, d if suffix == "d" else effect(d))
        (bound if begins is not None and begins <= day else waiting).append((name, begins))
    return made, bound, waiting


def report(made, bound, waiting):
    return {
        "deposits": len(made),
        "in_force": len(bound),
        "not_yet_in_force": [{"name": n, "from": b.isoformat()} if b else {"name": n} for n, b in sorted(waiting)],
        "parties_in_force": sorted(n for n, _ in bound),
    }


def main():
    folder = sys.argv[1]
    answer = {"schema": "answerable.examples.expected/v1", "treaties": {}}
    for treaty, (file, count, counted, effect) in RULES.items():
        found = deposits(folder, file)
        eif, dates = entry_into_force(found, count, counted, effect)
        one = {"consents": len(found), "threshold": count, "counted": len(dates), "in_force": eif is not None}
        if eif:
            one["entry_into_force"] = eif.isoformat()
            one["threshold_reached"] = dates[count - 1].isoformat()
            one["counted_before_that_day"] = sum(d < dates[count - 1] for d in dates)
            one["counted_by_that_day"] = sum(d <= dates[count - 1] for d in dates)
        on = [*DATES, "1994-04-06"] if treaty == "genocide-convention" else DATES
        one["on"] = {day: report(*state_on(found, eif, effect, datetime.date.fromisoformat(day))) for day in sorted(on)}
        answer["treaties"][treaty] = one
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)
    print()

    # The known dates. They are asserted here so that a wrong expectation is never saved.
    t = answer["treaties"]
    known = {"genocide-convention": "1951-01-12", "refugee-convention": "1954-04-22", "refugee-protocol": "1967-10-04", "rome-statute": "2002-07-01"}
    for name, date in known.items():
        assert t[name]["entry_into_force"] == date, (name, t[name]["entry_into_force"])
    att = t["arms-trade-treaty"]
    assert not att["in_force"] and att["counted"] == 41, att["counted"]
    april = t["genocide-convention"]["on"]["1994-04-06"]
    assert (april["deposits"], april["in_force"]) == (113, 112), april


if len(sys.argv) != 2:
    sys.exit(__doc__)
main()
