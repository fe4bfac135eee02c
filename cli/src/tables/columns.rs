//! The columns of every table, in order, and what each means: the data dictionary.
//! Not here: the cells.

use crate::args::TableName;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Boolean,
}

/// A column of one table.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub meaning: String,
}

type Spec = (&'static str, Kind, &'static str);
use Kind::{Boolean, Integer, Text};

/// Who: the first columns of every table that has states.
const STATE: [Spec; 6] = [
    ("state", Text, "the actor's id in the ledger; it never changes"),
    ("name", Text, "the name that it bore on the row's day, by the ledger's register"),
    (
        "iso3",
        Text,
        "ISO 3166-1 alpha-3; ISO 3166-3 for a state that ended; from the list of codes, not from the ledger",
    ),
    ("m49", Text, "three digits, UN M49; from the list of codes"),
    ("region", Text, "region of UN M49; from the list of codes, as M49 is today"),
    ("subregion", Text, "subregion of UN M49; from the list of codes"),
];

const LONG: [Spec; 19] = [
    ("instrument", Text, "the treaty's id"),
    ("act", Text, "the event's type, such as treaty.signed, treaty.consent_deposited, treaty.withdrawal_notified"),
    (
        "mode",
        Text,
        "of a signature: simple, ad_referendum; of a consent: ratification, acceptance, approval, accession, \
     succession, definitive_signature, formal_confirmation",
    ),
    ("date", Text, "the day of the act as it is known: YYYY-MM-DD, YYYY-MM or YYYY; as corrected"),
    ("precision", Text, "of the date: day, month or year"),
    ("succession_date", Text, "of a consent by succession: the recorded date of the succession, from which it binds"),
    ("standing", Text, "whose word it is: own, depositary, transcribed"),
    ("flags", Text, "codes of the flags on the records (docs/CODES.md), separated by spaces"),
    ("seq", Integer, "the record's number"),
    ("corrected_by", Text, "the numbers of the records that correct it, separated by spaces"),
    ("event_id", Text, "the event's id: SHA-256, hex"),
    ("recorded", Text, "when the ledger recorded it, UTC"),
    ("source", Text, "where it was read: a document's symbol, or else a title"),
    ("source_url", Text, "the source's address"),
    ("source_seen", Text, "the day on which the source was seen"),
    ("source_row", Text, "the natural key of the source's row"),
    (
        "source_spelling",
        Text,
        "the participant as the source spells it, where the natural key holds it; missing where the \
     source was read through a list of names, for then the key holds the code",
    ),
    (
        "known",
        Text,
        "reached: the date has come by the table's day, whichever day it means; possibly: an imprecise date may \
     have come",
    ),
    ("choices", Text, "by which choices the table was made; the same in every row"),
];

const MEMBER: [Spec; 2] = [
    ("exists", Boolean, "the state exists on the day, by the ledger's register"),
    (
        "un_member",
        Boolean,
        "a member of the United Nations on the day, by recorded membership; missing where no membership is \
     recorded",
    ),
];

const MATRIX: [Spec; 2] = [
    ("possibly", Text, "what else imprecise dates make possible on the day: INSTRUMENT=STANDING, separated by spaces"),
    ("choices", Text, "by which choices the table was made; the same in every row"),
];

const PANEL_DAY: [Spec; 2] = [("year", Integer, "the year"), ("day", Text, "the day on which one looks: 31 December")];

const STANDINGS: &str = "in_force; withdrawing (in force, and a notice runs); deposited (consent given, not in force for the \
     state); provisionally_applied; signed; signature_repudiated; withdrawn; none (other acts only); no_act (no act that \
     counts is recorded by the day); not_adopted (the instrument is younger); not_recorded (no act of any state is recorded: \
     nothing can be said)";

const PANEL: [Spec; 13] = [
    ("instrument", Text, "the treaty's id"),
    ("status", Text, STANDINGS),
    (
        "party",
        Boolean,
        "a party by the choice of standings; missing where nothing can be said (not_adopted, not_recorded)",
    ),
    ("mode", Text, "how it consented, the last time"),
    ("signed", Text, "the date of the signature"),
    ("deposited", Text, "the date of the last consent's deposit"),
    ("in_force_from", Text, "the day from which the instrument binds the state, computed"),
    ("ends", Text, "the day from which a withdrawal takes effect, computed"),
    ("standing", Text, "whose word the row rests on: depositary before own before transcribed"),
    ("flags", Text, "codes of the flags on the records, separated by spaces"),
    ("records", Text, "the numbers of the records that the row rests on, separated by spaces"),
    (
        "after_source",
        Boolean,
        "the day is later than the newest source of this instrument's acts: that source cannot tell",
    ),
    ("choices", Text, "by which choices the table was made; the same in every row"),
];

const PARTIES: [Spec; 11] = [
    ("year", Integer, "the year"),
    ("day", Text, "the day on which one looks: 31 December"),
    ("instrument", Text, "the treaty's id"),
    ("parties", Integer, "parties on the day, states that exist and organizations; missing where nothing can be said"),
    ("un_parties", Integer, "those of them that are members of the United Nations on the day"),
    (
        "un_members",
        Integer,
        "of how many: members of the United Nations on the day, by recorded membership; missing where none \
     is recorded",
    ),
    ("states", Integer, "states that exist on the day, by the ledger's register"),
    (
        "ended_states",
        Integer,
        "states that have ended and whose consent nobody withdrew; not counted among the parties",
    ),
    ("sources", Text, "the day on which the newest source of this instrument's acts was seen"),
    ("after_source", Boolean, "the day is later than that: the source cannot tell"),
    ("choices", Text, "by which choices the table was made; the same in every row"),
];

const DURATIONS: [Spec; 14] = [
    ("instrument", Text, "the treaty's id"),
    ("signed", Text, "the date of the signature, as it is known"),
    (
        "ended",
        Text,
        "how the wait ended: consent; repudiation (of the signature); state_ended; censored (not by `until`)",
    ),
    ("censored", Boolean, "true where the wait was not over by `until`: it lasts at least `days`"),
    ("until", Text, "the date of the end; of a censored wait the last day on which its end could have been seen"),
    ("mode", Text, "how it consented"),
    ("days", Integer, "from the last possible day of the signature to the last possible day of the end"),
    ("days_least", Integer, "the least that imprecise dates leave open"),
    ("days_most", Integer, "the most"),
    ("precision", Text, "day, or the coarser of the two dates: month, year"),
    ("standing", Text, "whose word it is: depositary before own before transcribed"),
    ("flags", Text, "codes of the flags on the records, separated by spaces"),
    ("records", Text, "the numbers of the records of the signature and of the end, separated by spaces"),
    ("choices", Text, "by which choices the table was made; the same in every row"),
];

fn columns(parts: &[&[Spec]]) -> Vec<Column> {
    let all = parts.iter().flat_map(|part| part.iter());
    all.map(|(name, kind, meaning)| Column { name: (*name).into(), kind: *kind, meaning: (*meaning).into() }).collect()
}

/// The columns of a table. A matrix also has one for each of these instruments, by id and title.
pub fn of(table: TableName, instruments: &[(String, String)]) -> Vec<Column> {
    match table {
        TableName::Long => columns(&[&STATE, &LONG]),
        TableName::Panel => columns(&[&PANEL_DAY, &STATE, &MEMBER, &PANEL]),
        TableName::Parties => columns(&[&PARTIES]),
        TableName::Durations => columns(&[&STATE, &DURATIONS]),
        TableName::Matrix => {
            let mut all = columns(&[&STATE, &MEMBER]);
            let one = |(name, title): &(String, String)| Column {
                name: name.clone(),
                kind: Text,
                meaning: format!("standing towards {title}: {STANDINGS}"),
            };
            all.extend(instruments.iter().map(one));
            all.extend(columns(&[&MATRIX]));
            all
        }
    }
}

/// The table's name and schema.
pub fn schema(table: TableName) -> (&'static str, &'static str) {
    match table {
        TableName::Long => ("long", "answerable.table_long/v1"),
        TableName::Matrix => ("matrix", "answerable.table_matrix/v1"),
        TableName::Panel => ("panel", "answerable.table_panel/v1"),
        TableName::Parties => ("parties", "answerable.table_parties/v1"),
        TableName::Durations => ("durations", "answerable.table_durations/v1"),
    }
}
