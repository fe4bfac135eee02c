"""How long from signing the Rome Statute to ratifying it, with those that never did? With pandas, from JSON Lines.

    answerable --ledger LEDGER table durations --as-of 2015-03-14 --out durations.jsonl --dictionary durations.json
    python3 pandas_jsonl.py durations.jsonl

Question 2 of docs/QUESTIONS.md. It needs `pip install pandas` (scripts/install-notebooks).
"""
import json
import sys

import pandas as pd

# Not read_json: it guesses, and makes days of dates that may be 1962 or 1962-07, and numbers of codes that begin with 0.
with open(sys.argv[1], encoding="utf-8") as lines:
    spells = pd.DataFrame([json.loads(line) for line in lines])

rome = spells[spells["instrument"] == "rome-statute"]
finished = rome[rome["ended"] == "consent"]
unfinished = rome[rome["censored"]]
print("signatures", len(rome))
print("consented", len(finished))
print("unfinished", len(unfinished))

# The median of the finished waits alone is too short: it forgets those who wait still.
print("median_of_the_finished", int(finished["days"].sort_values().iloc[len(finished) // 2]))


def kaplan_meier(spells):
    """(days, share still waiting): at each day on which a wait ended in consent, of those that could be seen waiting until then"""
    waiting, curve = 1.0, []
    for day, ended in spells[spells["ended"] == "consent"].groupby("days"):
        at_risk = (spells["days"] >= day).sum()
        waiting *= 1 - len(ended) / at_risk
        curve.append((int(day), waiting))
    return curve


curve = kaplan_meier(rome)
median = next((day for day, waiting in curve if waiting <= 0.5), None)
print("median_days", median)
for years in (1, 2, 5, 10):
    still = [waiting for day, waiting in curve if day <= years * 365.25]
    print(f"waiting_after_{years}_years", f"{still[-1] if still else 1:.3f}")

# Who waits longest, and until when anybody looked.
for row in unfinished.sort_values(["signed", "state"]).head(5).itertuples():
    print("waits", row.state, row.signed, row.until, row.days)
print("choices", *sorted(rome["choices"].unique()))
