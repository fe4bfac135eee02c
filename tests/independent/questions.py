"""The answers of docs/QUESTIONS.md, computed a second way.

    python3 questions.py --data FOLDER --examples FOLDER

It reads the raw public tables (FOLDER/treaties, untreaties_snapshots, untreaties_observed_changes.csv, declarations, upr, unsc,
iso) as they lie, and prints one JSON object: the number of a question, and its answer. Of the examples it reads what no public
table here has: since when states exist, who was a member of the United Nations, when the sessions of the Universal Periodic
Review were, and in which order the dated tables were seen. It reads no ledger, no mapping, no list of names, and no line of the
program that it checks. Entries into force are those of panel.py, which counts them from the same raw tables.
"""
import argparse, csv, datetime, json, os, re, types

import panel

Day = datetime.date
GENOCIDE, ROME, ATT, TORTURE = "genocide-convention", "rome-statute", "arms-trade-treaty", "convention-against-torture"
# Convention against Torture, articles 27(1) and (2): the thirtieth day after the twentieth ratification or accession, or after one's own.
panel.TREATIES[TORTURE] = panel.Treaty(
    "cat-1984", "2015-03-14", "1984-12-10", 20, {"ratification", "accession"}, panel.after_days(30)
)
# Names in the tables that are neither ISO's nor those of panel.py.
MORE_NAMES = {
    "Cte d'Ivoire": "CIV", "Saint Vincent and the Grenadines": "VCT", "Antigua & Barbuda": "ATG", "Bosnia & Herzegovina": "BIH",
    "DPR Korea": "PRK", "Democratic Republic of Congo": "COD", "Guinea Bissau": "GNB", "Macedonia FYR": "MKD", "Micronesia": "FSM",
    "Palestine": "PSE", "Republic of Congo": "COG", "Sao Tome & Principe": "STP", "St Kitts & Nevis": "KNA", "St Lucia": "LCA",
    "St Vincent & the Grenadines": "VCT", "Trinidad & Tobago": "TTO",
}


def rows(*path):
    with open(os.path.join(*path), encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


class Sources:
    def __init__(self, data, examples):
        self.data, self.examples = data, examples
        self.names = {**panel.iso_names(data), **MORE_NAMES}
        self.members = panel.read_members(os.path.join(examples, "un-members.csv"))

    def world(self, succession):
        states = os.path.join(self.examples, "states.csv")
        return panel.World(types.SimpleNamespace(data=self.data, states=states, succession=succession, succession_dates=False))

    def state(self, name):
        return "state:" + self.names[name]


# Treaties


def parties_by_year(sources):
    """1: of the Genocide Convention; all, of members of the United Nations, and without those that succeeded"""
    worlds = {how: sources.world(how) for how in ("recorded", "deposit", "none")}
    answer = []
    for year in (1951, 1960, 1970, 1980, 1990, 2000, 2010, 2014):
        day = Day(year, 12, 31)
        members = panel.members_on(sources.members, day)
        bound = {}
        for how, world in worlds.items():
            entry = world.entry_into_force(GENOCIDE, day)
            there = [s for s in world.states if world.exists(s, day)]
            bound[how] = {s for s in there if world.cell(GENOCIDE, s, day, entry)[1]}
        answer.append({
            "year": year, "parties": len(bound["recorded"]), "un_parties": len(bound["recorded"] & members),
            "un_members": len(members), "deposit": len(bound["deposit"]), "none": len(bound["none"]),
        })
    return answer


def waits(sources):
    """2: from signature to consent, Rome Statute; an unfinished wait is longer than all finished ones are at the median"""
    seen, finished, unfinished = Day(2015, 3, 14), [], []
    for acts in sources.world("recorded").acts[ROME].values():
        if acts.signed:
            (finished if acts.consent else unfinished).append(((acts.consent or seen) - acts.signed).days)
    every = sorted(finished) + [10**6] * len(unfinished)
    median = every[len(every) // 2]
    assert len(every) % 2 and median < min(unfinished)
    return {
        "signatures": len(every), "consented": len(finished), "unfinished": len(unfinished), "median_days": median,
        "longest_finished_days": max(finished), "least_unfinished_days": min(unfinished),
    }


def of_five(sources):
    """3: by how many of five treaties the members of the United Nations were bound"""
    world, day = sources.world("recorded"), Day(2015, 3, 14)
    five = [GENOCIDE, "refugee-convention", "refugee-protocol", TORTURE, ROME]
    entries = {t: world.entry_into_force(t, day) for t in five}
    number = {s: sum(world.cell(t, s, day, entries[t])[1] is True for t in five) for s in panel.members_on(sources.members, day)}
    return {
        "members": len(number),
        "bound_by": {str(n): sum(v == n for v in number.values()) for n in range(5, -1, -1)},
        "by_none": sorted(s for s, n in number.items() if n == 0),
    }


def on_article_ix(sources):
    """4: whose declarations to the Genocide Convention speak of its article IX"""
    with open(os.path.join(sources.data, "declarations", "genocide-1948.txt"), encoding="utf-8") as f:
        parts = re.split(r"^#", f.read(), flags=re.MULTILINE)[1:]
    texts = {name.strip(): text.strip() for name, _, text in (part.partition("\n") for part in parts)}
    texts = {sources.state(name): text for name, text in texts.items() if text}
    about = sorted(s for s, text in texts.items() if re.search(r"\bIX\b|article 9\b", text))
    return {"texts": len(texts), "on_article_ix": len(about), "states": about}


def cells(sources, table):
    """What a status table shows: (participant, fact) -> (date, mode)"""
    found = {}
    for row in table:
        for heading, cell in row.items():
            if cell and heading != "Participant":
                date, suffix = panel.read_date(cell)
                fact = "treaty.consent_deposited"
                if heading == "Signature":
                    fact = "treaty.signed"
                elif heading.startswith("Provisional application"):
                    fact = "treaty.provisionally_applied"
                mode = panel.SUFFIXES[suffix] if fact == "treaty.consent_deposited" else ""
                found[sources.state(row["Participant"]), fact] = (str(date), mode)
    return found


def kept_tables(sources, name):
    """(day, what it shows), as they were seen; the last table of a day is what the day ends with"""
    days = {}
    for listed in rows(sources.examples, "untc-snapshots.csv"):
        if listed["table"].startswith(name + "__"):
            days[listed["seen"]] = cells(sources, rows(sources.data, "untreaties_snapshots", listed["table"]))
    return sorted(days.items())


def followed_tables(sources, name):
    """The same for the days of which only the changes were kept: the first table, and what changed in it since"""
    day, shown = kept_tables(sources, name)[0]
    by_day = {day: dict(shown)}
    changes = [c for c in rows(sources.data, "untreaties_observed_changes.csv") if c["treaty"] == name]
    for at in sorted({c["observed_at"] for c in changes}):
        now = [c for c in changes if c["observed_at"] == at]
        old, new = (
            cells(sources, [{"Participant": c["participant"], c["column"]: c[side]} for c in now if c[side] not in ("", "<absent>")])
            for side in ("old", "new")
        )
        for key in old:
            del shown[key]
        shown.update(new)
        by_day[at[:10]] = dict(shown)
    assert shown == kept_tables(sources, name)[-1][1], f"{name}: the changes do not lead to the last table"
    return sorted(by_day.items())


def grown(sources):
    """5: participants and consents of the Arms Trade Treaty, on the first and on the last day on which its table was seen"""
    tables = kept_tables(sources, "att-2013")
    states = [{state for state, _ in shown} for _, shown in (tables[0], tables[-1])]
    consents = [{s for s, fact in shown if fact == "treaty.consent_deposited"} for _, shown in (tables[0], tables[-1])]
    new = consents[1] - consents[0]
    return {
        "seen": [tables[0][0], tables[-1][0]], "participants": [len(s) for s in states], "consents": [len(c) for c in consents],
        "consents_of_first_participants": len(new & states[0]), "consents_of_newcomers": len(new - states[0]),
    }


def flipped(sources):
    """6: the date of Yemen's accession to the Genocide Convention, and who was bound on 31 December 1988, by each table"""
    answer, rules, day = [], panel.TREATIES[GENOCIDE], Day(1988, 12, 31)
    for seen, shown in followed_tables(sources, "genocide-1948"):
        date = shown["state:YEM", "treaty.consent_deposited"][0]
        if answer and answer[-1]["date"] == date:
            continue
        consents = [(Day.fromisoformat(d), mode) for (_, fact), (d, mode) in shown.items() if fact == "treaty.consent_deposited"]
        entry = rules.delay(sorted(d for d, mode in consents if mode in rules.modes)[rules.threshold - 1])
        since = [max(entry, d if mode == "succession" else rules.delay(d)) for d, mode in consents]
        answer.append({"seen": seen, "date": date, "bound_in_1988": sum(d <= day for d in since)})
    return answer


def learned(sources):
    """7: about 30 June 2014, by what the tables that were seen in 2013 did not show yet"""
    tables = {
        ATT: "att-2013", TORTURE: "cat-1984", "convention-on-enforced-disappearance": "icppred-2006", GENOCIDE: "genocide-1948",
        "convention-on-statutory-limitations": "non-applicability-limitations-1968",
    }
    new, corrected = {}, []
    for treaty, name in tables.items():
        days = kept_tables(sources, name) if name == "att-2013" else followed_tables(sources, name)
        then, now = [shown for day, shown in days if day <= "2013-12-31"][-1], days[-1][1]
        for (state, fact), (date, mode) in sorted(now.items()):
            was = then.get((state, fact))
            if date > "2014-06-30" or was == (date, mode):
                continue
            if was:
                corrected.append({"treaty": treaty, "state": state, "was": was[0], "is": date})
            else:
                facts = new.setdefault(treaty, {})
                facts[fact] = facts.get(fact, 0) + 1
        assert not set(then) - set(now), "nothing went"
    return {"new": new, "corrected": corrected}


# The Universal Periodic Review


def recommendations(sources):
    """Each recommendation once: (to, from, response, action, issues, text, cycle, last day of the session)"""
    sessions = {s["session"]: s for s in rows(sources.examples, "upr-sessions.csv")}
    exists = panel.read_states(os.path.join(sources.examples, "states.csv"))
    once = {}
    for r in rows(sources.data, "upr", "upr_recommendations_s1_20.csv"):
        if "Unknown" in r["recommending"]:
            continue
        to, session = sources.state(r["sur"]), sessions[r["session"]]
        if panel.first_day(exists[to][0]) > Day.fromisoformat(session["last_day"]):
            continue  # Recommended to what was no state yet: South Sudan, two months before
        text = r["text"].strip()
        what = (r["response"], r["action"], tuple(sorted({i.strip() for i in r["issues"].split(",")})))
        once.setdefault((r["session"], to, sources.state(r["recommending"]), text), set()).add(what)
    made = []
    for (session, to, by, text), told in once.items():
        if len(told) == 1:  # else two rows contradict each other about it
            (response, action, issues), s = next(iter(told)), sessions[session]
            made.append(types.SimpleNamespace(
                to=to, by=by, supported=response == "Accepted", action=int(action), issues=issues, text=text,
                cycle=int(s["cycle"]), day=s["last_day"],
            ))
    return made


def shares(made):
    """8: the share that was supported, in per cent with one decimal, cut; by cycle, and by how much is asked (1 to 5)"""
    def by(name):
        found = []
        for value in sorted({getattr(r, name) for r in made}):
            group = [r for r in made if getattr(r, name) == value]
            supported = sum(r.supported for r in group)
            found.append({name: value, "made": len(group), "supported": supported, "share": supported * 1000 // len(group) / 10})
        return found
    return {"cycles": by("cycle"), "actions": by("action")}


def asked_to_join(sources, made):
    """9: who was asked to join the Rome Statute and had not, what was answered, and who has joined since"""
    joined = {s: str(a.consent) for s, a in sources.world("recorded").acts[ROME].items() if a.consent}
    verbs = re.compile(r"ratif|acced|accession|adher|party to|sign", re.IGNORECASE)
    asked = [
        r for r in made
        if "International instruments" in r.issues and "Rome Statute" in r.text and verbs.search(r.text)
        and joined.get(r.to, "9999") > r.day
    ]
    supported = {r.to for r in asked if r.supported}
    noted = {r.to for r in asked} - supported
    return {
        "recommendations": len(asked), "supported": sum(r.supported for r in asked),
        "states_that_supported_one": len(supported), "of_these_joined": sorted(supported & set(joined)),
        "states_that_noted_all": len(noted), "of_these_joined_too": sorted(noted & set(joined)),
    }


def on_atrocities(made):
    """10: recommendations that name these crimes or the responsibility to protect"""
    words = ["genocide", "crimes against humanity", "war crimes", "ethnic cleansing", "atrocit", "responsibility to protect"]
    def told(group):
        return {"supported": sum(r.supported for r in group), "noted": sum(not r.supported for r in group)}
    naming = [r for r in made if any(w in r.text.lower() for w in words)]
    to = {}
    for r in naming:
        to.setdefault(r.to, []).append(r)
    most = sorted(to, key=lambda s: (-len(to[s]), s))
    return {
        **told(naming), "by_word": {w: told([r for r in made if w in r.text.lower()]) for w in words},
        "states": len(to), "six_or_more": {s: len(to[s]) for s in most if len(to[s]) >= 6},
    }


# The Security Council


def renewals(sources):
    """11: how many days the mandate of UNIFIL still had when it was extended, 1978 to 1994"""
    chain = rows(sources.data, "unsc", "golden_unifil_chain_1978_1994.csv")
    chain.sort(key=lambda r: r["adopted"])
    left = [
        (Day.fromisoformat(before["until"]) - Day.fromisoformat(after["adopted"])).days for before, after in zip(chain, chain[1:])
    ]
    return {
        "extensions": len(chain), "lapses": sum(d < 0 for d in left),
        "days_left": {str(d): left.count(d) for d in sorted(set(left))},
    }


def vetoes(sources):
    """12: drafts that were vetoed since the World Summit of 16 September 2005, until September 2022"""
    since, until = Day(2005, 9, 16), Day(2022, 9, 30)
    drafts = set()
    for r in rows(sources.data, "unsc", "vetoes_unsc_vetoes_1946_sept2022.csv"):
        month, day, year = map(int, r["date"].split("/"))
        by = [r[f"member_veto{i}"] for i in (1, 2, 3) if r[f"member_veto{i}"]]
        if since < Day(year, month, day) <= until:
            drafts.add((r["draft"], frozenset(by), r["crisis_topic"].strip()))
    states = {"Russia": "state:RUS", "China": "state:CHN", "USA": "state:USA", "UK": "state:GBR", "France": "state:FRA"}
    count = lambda values: {v: values.count(v) for v in sorted(set(values))}
    return {
        "drafts": len(drafts), "by_member": count([states[m] for _, by, _ in drafts for m in by]),
        "by_subject": count([subject for *_, subject in drafts]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--examples", required=True)
    args = parser.parse_args()
    sources = Sources(args.data, args.examples)
    made = recommendations(sources)
    answers = [
        parties_by_year(sources), waits(sources), of_five(sources), on_article_ix(sources), grown(sources), flipped(sources),
        learned(sources), shares(made), asked_to_join(sources, made), on_atrocities(made), renewals(sources), vetoes(sources),
    ]
    print(json.dumps({str(i): answer for i, answer in enumerate(answers, 1)}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
