# By how many of the treaties was each member of the United Nations bound, and how does that differ by region? With R, from CSV.
#
#   answerable --ledger LEDGER table panel --from 2014 --to 2014 --out panel.csv --dictionary panel.json
#   Rscript panel.R panel.csv
#
# Question 3 of docs/QUESTIONS.md, for the last year of a panel and the treaties in it. Base R, no packages.

file <- commandArgs(trailingOnly = TRUE)[1]

# All columns as text first: m49 begins with 0, dates may be 1962 or 1962-07. An empty cell is missing; the letters NA are a name.
panel <- read.csv(file, colClasses = "character", na.strings = "", encoding = "UTF-8")
panel$year <- as.integer(panel$year)
# "true", "false", or missing where the ledger cannot say. Missing stays missing: it is not FALSE.
panel$party <- panel$party == "true"
panel$un_member <- panel$un_member == "true"

last <- max(panel$year)
members <- panel[panel$year == last & panel$un_member, ]

# One row a member: how many of the instruments bind it. The sum leaves out what is missing.
bound <- aggregate(list(n = as.integer(members$party)), members[c("state", "region")], sum, na.rm = TRUE, na.action = NULL)
cat("year", last, "\n")
cat("members", nrow(bound), "\n")
instruments <- length(unique(members$instrument))
for (n in instruments:0) {
  cat("bound_by", n, sum(bound$n == n), "\n")
}
none <- sort(bound$state[bound$n == 0])
cat("by_none", none, "\n")

# The mean by region, of today's M49 regions.
means <- aggregate(n ~ region, bound, mean)
for (i in seq_len(nrow(means))) {
  cat("mean", means$region[i], sprintf("%.3f", means$n[i]), "\n")
}

cat("choices", unique(members$choices), "\n")
