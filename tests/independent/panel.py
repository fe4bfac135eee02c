"""Panels of treaty standings, counts of parties and times to ratification, computed a second way.

    python3 panel.py panel     --data FOLDER --states F --members F --from Y --to Y --succession HOW [--succession-dates] [--party HOW]
    python3 panel.py parties   the same arguments
    python3 panel.py durations --data FOLDER --states F --succession HOW [--succession-dates]
    python3 panel.py tables    --data FOLDER --states F --to-folder FOLDER

It reads the raw status tables of the UN Treaty Collection (FOLDER/treaties), ISO 3166 (FOLDER/iso), the dates of
states and of membership in the United Nations, and nothing else: no ledger, no mapping, no list of names and no line of the
program that it checks. `tables` writes the status tables again with one column more, the date of each succession.

What the tables leave open is decided here, by the law as DOMAIN.md, section 3.2 has it:

- a date of succession is in none of the tables. A succession then counts from its deposit. With --succession-dates it is the
  day on which the state came to be (states.csv), which is not later than any of the deposits;
- a succession waits for nothing, and reaches no threshold; neither binds anybody before the treaty itself is in force;
- who ended and under what name the tables print the acts (the USSR's in Russia's row, those of 1992 to 2006 in Serbia's)
  is as the tables have it;
- the Arms Trade Treaty's table is of 10 July 2014 and shows 41 ratifications of the 50: by it, the treaty is not in force;
- no table lists a withdrawal.
"""
import argparse, calendar, csv, datetime, json, os, re, sys

Day = datetime.date
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def after_days(n):
    return lambda day: day + datetime.timedelta(days=n)


def first_of_month_after_60_days(day):
    """Rome Statute, article 126"""
    day = day + datetime.timedelta(days=60)
    return Day(day.year + day.month // 12, day.month % 12 + 1, 1)


class Treaty:
    def __init__(self, file, seen, adopted, threshold, modes, delay):
        self.file, self.seen, self.adopted = file, Day.fromisoformat(seen), Day.fromisoformat(adopted)
        self.threshold, self.modes, self.delay = threshold, modes, delay


RATIFYING = {"ratification", "acceptance", "approval"}
TREATIES = {
    # ATT articles 22(1) and (2); Genocide Convention XIII; Refugee Convention 43; Protocol VIII; Rome Statute 126
    "arms-trade-treaty": Treaty("att-2013", "2014-07-10", "2013-04-02", 50, RATIFYING, after_days(90)),
    "genocide-convention": Treaty("genocide-1948", "2015-03-14", "1948-12-09", 20, {"ratification", "accession"}, after_days(90)),
    "refugee-convention": Treaty("refugee-1951", "2015-03-14", "1951-07-28", 6, {"ratification", "accession"}, after_days(90)),
    "refugee-protocol": Treaty("refugee-protocol-1967", "2015-03-14", "1967-01-31", 6, {"accession"}, after_days(0)),
    "rome-statute": Treaty("rome-1998", "2015-03-14", "1998-07-17", 60, RATIFYING | {"accession"}, first_of_month_after_60_days),
}
SUFFIXES = {"": "ratification", "a": "accession", "A": "acceptance", "AA": "approval", "d": "succession"}
# Names that the UN writes otherwise than ISO 3166.
OTHER_NAMES = {
    "Cabo Verde": "CPV", "Cape Verde": "CPV", "Czech Republic": "CZE", "Swaziland": "SWZ", "Turkey": "TUR",
    "The former Yugoslav Republic of Macedonia": "MKD", "State of Palestine": "PSE", "Holy See": "VAT",
    "Republic of Korea": "KOR", "Democratic People's Republic of Korea": "PRK", "Republic of Moldova": "MDA",
    "Democratic Republic of the Congo": "COD", "Iran (Islamic Republic of)": "IRN", "Micronesia (Federated States of)": "FSM",
    "Bolivia (Plurinational State of)": "BOL", "Venezuela (Bolivarian Republic of)": "VEN",
    "United Republic of Tanzania": "TZA", "United Kingdom of Great Britain and Northern Ireland": "GBR",
    "United States of America": "USA", "Libya": "LBY", "St. Vincent and the Grenadines": "VCT", "St. Kitts and Nevis": "KNA",
    "St. Lucia": "LCA", "Cote d'Ivoire": "CIV",
}


def iso_names(folder):
    names = dict(OTHER_NAMES)
    with open(os.path.join(folder, "iso", "iso_3166-1.json"), encoding="utf-8") as f:
        for country in json.load(f)["3166-1"]:
            for kind in ("name", "common_name", "official_name"):
                if kind in country:
                    names.setdefault(country[kind], country["alpha_3"])
    return names


def read_date(cell):
    """'2 Apr 2014 AA' -> (date, 'AA')"""
    match = re.fullmatch(r"(\d{1,2}) (\w{3}) (\d{4})(?: (\w+))?", cell)
    if not match:
        sys.exit(f"cell {cell!r} is not understood")
    return Day(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1])), match[4] or ""


def last_day(text):
    """The last day that YYYY, YYYY-MM or YYYY-MM-DD can mean."""
    parts = [int(p) for p in text.split("-")]
    if len(parts) == 1:
        return Day(parts[0], 12, 31)
    if len(parts) == 2:
        return Day(parts[0], parts[1], calendar.monthrange(*parts)[1])
    return Day(*parts)


def first_day(text):
    return Day(*[int(p) for p in (text + "-01-01").split("-")[:3]])


def read_states(path):
    with open(path, encoding="utf-8", newline="") as f:
        return {r["actor"]: (r["valid_from"], r["valid_until"]) for r in csv.DictReader(f)}


def read_members(path):
    with open(path, encoding="utf-8", newline="") as f:
        return [(r["member"], r["from"], r["until"]) for r in csv.DictReader(f)]


class Acts:
    """What a row of a status table says."""

    def __init__(self):
        self.signed = self.provisional = self.consent = self.mode = self.succession_date = None


def read_table(folder, treaty, names, states, dated):
    acts = {}
    with open(os.path.join(folder, "treaties", treaty.file + ".csv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            if row["Participant"] not in names:
                sys.exit(f"{treaty.file}: who is {row['Participant']!r}?")
            state = "state:" + names[row["Participant"]]
            if state in acts:
                sys.exit(f"{treaty.file}: two rows of {state}")
            one = acts[state] = Acts()
            for heading, cell in row.items():
                if not cell or heading == "Participant":
                    continue
                date, suffix = read_date(cell)
                if heading == "Signature":
                    one.signed = date
                elif heading.startswith("Provisional application"):
                    one.provisional = date
                else:
                    one.consent, one.mode = date, SUFFIXES[suffix]
                    if dated and one.mode == "succession":
                        one.succession_date = states[state][0]
                        if first_day(one.succession_date) > date:
                            sys.exit(f"{treaty.file}: {state} succeeded before it was")
    return acts


class World:
    def __init__(self, args):
        self.how = args.succession
        self.party = getattr(args, "party", "in-force")
        self.states = read_states(args.states)
        names = iso_names(args.data)
        dated = args.succession_dates
        self.acts = {t: read_table(args.data, r, names, self.states, dated) for t, r in TREATIES.items()}

    def exists(self, state, day):
        since, until = self.states[state]
        return first_day(since) <= day and (not until or day <= last_day(until))

    def counted(self, acts):
        """Its consent, as the choice has it: (from which day one knows of it, deposit, mode, date of the succession)"""
        if not acts.consent or (acts.mode == "succession" and self.how == "none"):
            return None
        since = last_day(acts.succession_date) if acts.succession_date and self.how == "recorded" else None
        return min(acts.consent, since or acts.consent), acts.consent, acts.mode, since

    def entry_into_force(self, treaty, day):
        rules = TREATIES[treaty]
        deposits = sorted(a.consent for a in self.acts[treaty].values() if a.mode in rules.modes and a.consent <= day)
        return rules.delay(deposits[rules.threshold - 1]) if len(deposits) >= rules.threshold else None

    def cell(self, treaty, state, day, entry):
        """status, party, mode, signed, deposited, in force from"""
        rules, acts = TREATIES[treaty], self.acts[treaty].get(state, Acts())
        signed = acts.signed if acts.signed and acts.signed <= day else None
        consent = self.counted(acts)
        if consent and consent[0] <= day:
            _, deposit, mode, since = consent
            own = (since or deposit) if mode == "succession" else rules.delay(deposit)
            begins = max(own, entry) if entry else None
            status = "in_force" if begins and begins <= day else "deposited"
            party = status == "in_force" or self.party == "deposited"
            return status, party, mode, signed, deposit, begins
        if acts.provisional and acts.provisional <= day:
            return "provisionally_applied", False, None, signed, None, None
        if signed:
            return "signed", False, None, signed, None, None
        return ("not_adopted", None, None, None, None, None) if day < rules.adopted else ("no_act", False, None, None, None, None)


def text(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def members_on(members, day):
    """From the day of admission; the last day of a membership is within."""
    return {m for m, since, until in members if last_day(since) <= day and (not until or day <= last_day(until))}


def panel(world, args):
    members = read_members(args.members)
    for year in range(args.first, args.last + 1):
        day = Day(year, 12, 31)
        inside = members_on(members, day)
        entries = {t: world.entry_into_force(t, day) for t in TREATIES}
        for state in sorted(world.states):
            here = world.exists(state, day)
            cells = {t: world.cell(t, state, day, entries[t]) for t in TREATIES}
            # A state that ended has a row where something of it is on record.
            if here or any(c[0] not in ("no_act", "not_adopted") for c in cells.values()):
                for treaty in TREATIES:
                    yield year, state, here, state in inside, treaty, cells[treaty]


def print_panel(world, args, out):
    out.writerow("year state exists un_member instrument status party mode signed deposited in_force_from".split())
    for year, state, here, member, treaty, cell in panel(world, args):
        out.writerow([year, state, text(here), text(member), treaty, *map(text, cell)])


def print_parties(world, args, out):
    members = read_members(args.members)
    rows = {}
    for year, state, here, member, treaty, cell in panel(world, args):
        row = rows.setdefault((treaty, year), {"parties": 0, "un_parties": 0, "states": 0, "ended": 0, "speaks": False})
        row["speaks"] |= cell[1] is not None
        row["states"] += here
        row["parties"] += bool(cell[1]) and here
        row["un_parties"] += bool(cell[1]) and member
        row["ended"] += bool(cell[1]) and not here
    out.writerow("year instrument parties un_parties un_members states ended_states".split())
    for (treaty, year), row in sorted(rows.items()):
        told = lambda n: n if row["speaks"] else ""
        size = len(members_on(members, Day(year, 12, 31)))
        out.writerow([year, treaty, told(row["parties"]), told(row["un_parties"]), size, row["states"], told(row["ended"])])


def print_durations(world, _, out):
    out.writerow("state instrument signed ended until mode days".split())
    for treaty in sorted(TREATIES):
        for state, acts in sorted(world.acts[treaty].items()):
            if not acts.signed:
                continue
            consent, seen = world.counted(acts), TREATIES[treaty].seen
            gone = world.states[state][1]
            if consent:
                ended, until, mode = "consent", consent[1], consent[2]
            elif gone and last_day(gone) < seen:
                ended, until, mode = "state_ended", last_day(gone), None
            else:
                ended, until, mode = "censored", seen, None
            out.writerow([state, treaty, acts.signed, ended, until, text(mode), (until - acts.signed).days])


def write_tables(args):
    """The five tables, with the date of each succession as one column more."""
    states, names = read_states(args.states), iso_names(args.data)
    for treaty in TREATIES.values():
        name = treaty.file + ".csv"
        with open(os.path.join(args.data, "treaties", name), encoding="utf-8", newline="") as f:
            header, *rows = csv.reader(f)
        with open(os.path.join(args.to_folder, name), "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(header + ["Date of succession"])
            for row in rows:
                succeeded = row[-1].endswith(" d")
                out.writerow(row + [states["state:" + names[row[0]]][0] if succeeded else ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["panel", "parties", "durations", "tables"])
    for name in ("--data", "--states"):
        parser.add_argument(name, required=True)
    parser.add_argument("--members")
    parser.add_argument("--to-folder")
    parser.add_argument("--from", dest="first", type=int)
    parser.add_argument("--to", dest="last", type=int)
    parser.add_argument("--succession", choices=["recorded", "deposit", "none"], default="recorded")
    parser.add_argument("--succession-dates", action="store_true")
    parser.add_argument("--party", choices=["in-force", "deposited"], default="in-force")
    args = parser.parse_args()
    if args.what == "tables":
        return write_tables(args)
    printers = {"panel": print_panel, "parties": print_parties, "durations": print_durations}
    printers[args.what](World(args), args, csv.writer(sys.stdout, lineterminator="\n"))


if __name__ == "__main__":
    main()
