"""How many states were party to the Genocide Convention, of how many members of the United Nations? With DuckDB, from a panel.

    answerable --ledger LEDGER table panel --from 1948 --to 2014 --out panel.parquet --dictionary panel.json
    python3 duckdb_parquet.py panel.parquet

Question 1 of docs/QUESTIONS.md, and one step further: which part of the world came when. It needs `pip install duckdb`
(scripts/install-notebooks).
"""
import sys

import duckdb

panel = sys.argv[1]

# A row is a state, a year and an instrument, on 31 December. DuckDB reads the file as it lies, and knows its types: `party` is true, false, or
# missing where the ledger cannot say. count_if counts what is true, and so never takes "cannot say" for "no".
by_year = duckdb.execute(
    """
    SELECT year,
           count_if(party AND "exists") AS parties,
           count_if(party AND un_member) AS un_parties,
           count_if(un_member) AS un_members
    FROM read_parquet(?)
    WHERE instrument = 'genocide-convention'
    GROUP BY year ORDER BY year
    """,
    [panel],
).fetchall()

print("year parties un_parties un_members")
for row in by_year:
    print(*row)

# `region` is M49's of today, so no state changes its region, and the regions of a year add up to the parties above.
last = by_year[-1][0]
by_region = duckdb.execute(
    """
    SELECT coalesce(region, 'none') AS region, count(*) AS parties
    FROM read_parquet(?)
    WHERE instrument = 'genocide-convention' AND year = ? AND party AND "exists"
    GROUP BY ALL ORDER BY region
    """,
    [panel, last],
).fetchall()

print(f"region parties in {last}")
for row in by_region:
    print(*row)

# By which choices was it counted? Every row says so: successions, imprecise dates, whose word, how many records.
[(choices,)] = duckdb.execute("SELECT DISTINCT choices FROM read_parquet(?)", [panel]).fetchall()
print("choices", choices)
