//! What the generated ledger says: registers and real treaty acts of `examples/`, then an endless mix in the proportions of
//! the public data (most of it recommendations of the Universal Periodic Review and the answers to them).
//! Not here: signing and admission (`author`).

use std::collections::BTreeMap;

use answerable_schemas::EventId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::author::{Act, Author, FOUNDER};
use crate::dice::Dice;
use crate::error::BenchError;

const UNSG: &str = "org:un-secretary-general";
pub const COUNCIL: &str = "org:un-security-council";
const UPR_INFO: &str = "org:upr-info";
/// States with a key of their own; with the organizations, 200 actors sign.
const STATES_WITH_KEYS: usize = 195;
/// The Secretary-General is depositary of some 560 multilateral treaties (UN Treaty Collection).
const TREATIES: usize = 552;

#[derive(Deserialize)]
struct StateRow {
    actor: String,
    name: String,
    valid_from: String,
    valid_until: String,
}

#[derive(Deserialize)]
struct SuccessionRow {
    predecessor: String,
    successor: String,
    mode: String,
    date: String,
}

#[derive(Deserialize)]
struct TreatyRow {
    treaty: String,
    actor: String,
    act: String,
    mode: String,
    date: String,
    source_table: String,
}

#[derive(Deserialize)]
struct SessionRow {
    session: u16,
    cycle: u8,
    last_day: String,
    adopted: String,
}

fn rows<T: for<'de> Deserialize<'de>>(table: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    reader.deserialize().map(|row| row.expect("an example table")).collect()
}

/// What is said later: about a record by its id, or simply next in a story.
type Later = Box<dyn FnOnce(&mut Author) -> Result<Option<EventId>, BenchError>>;

pub struct Stories {
    dice: Dice,
    /// States that exist since before 2006 and still do, and have a key.
    states: Vec<String>,
    sessions: Vec<SessionRow>,
    /// Acts to come, by the size at which they are due; two may be due at once.
    later: BTreeMap<(u64, u64), Later>,
    recommendations: u64,
    decisions: u64,
    /// The next pair of a made-up treaty and a state.
    pair: usize,
    /// Made-up treaties that are registered.
    registered: usize,
    focal: BTreeMap<String, u16>,
}

/// Generates a ledger of exactly `records`, or of the registers alone if that is fewer than they are.
pub fn tell(author: &mut Author, records: u64, seed: u64) -> Result<(), BenchError> {
    let mut stories = Stories::registers(author, records, seed)?;
    while author.size() < records {
        stories.go_on(author)?;
    }
    author.flush()
}

/// The least that somebody can transcribe into: roles, and the Security Council.
pub fn bare(author: &mut Author) -> Result<(), BenchError> {
    for role in ["registrar", "transcriber"] {
        author.say(Act::own(FOUNDER, "role.granted", "2026-10-01", json!({"actor": FOUNDER, "role": role})))?;
    }
    let body = json!({"actor": COUNCIL, "kind": "un_organ", "name": "UN Security Council"});
    author.say(Act::own(FOUNDER, "actor.registered", "1945-10-24", body)).map(drop)
}

impl Stories {
    fn registers(author: &mut Author, records: u64, seed: u64) -> Result<Self, BenchError> {
        for (actor, role) in [(FOUNDER, "registrar"), (FOUNDER, "transcriber")] {
            author.say(Act::own(FOUNDER, "role.granted", "2026-10-01", json!({"actor": actor, "role": role})))?;
        }
        let mut register = |actor: &str, kind: &str, name: &str, from: &str, until: &str| {
            let mut body = json!({"actor": actor, "kind": kind, "name": name});
            if !until.is_empty() {
                body["until"] = until.into();
            }
            author.say(Act::own(FOUNDER, "actor.registered", from, body))
        };
        register(UNSG, "un_organ", "Secretary-General of the United Nations", "1945-10-24", "")?;
        register("org:swiss-federal-council", "other", "Swiss Federal Council", "1848", "")?;
        register(COUNCIL, "un_organ", "UN Security Council", "1945-10-24", "")?;
        register(UPR_INFO, "civil_society", "UPR Info", "2008", "")?;
        let states: Vec<StateRow> = rows(include_str!("../../../examples/states.csv"));
        for s in &states {
            register(&s.actor, "state", &s.name, &s.valid_from, &s.valid_until)?;
        }
        let successions: Vec<SuccessionRow> = rows(include_str!("../../../examples/state-successions.csv"));
        for s in successions {
            let body = json!({"mode": s.mode, "predecessor": s.predecessor, "successor": s.successor});
            author.say(Act::own(FOUNDER, "state.succeeded", &s.date, body))?;
        }
        for (actor, role) in [(UNSG, "depositary"), (UPR_INFO, "transcriber")] {
            author.say(Act::own(FOUNDER, "role.granted", "2026-10-01", json!({"actor": actor, "role": role})))?;
        }
        let living = states.iter().filter(|s| s.valid_until.is_empty() && s.valid_from.as_str() < "2006-07");
        let states: Vec<String> = living.take(STATES_WITH_KEYS).map(|s| s.actor.clone()).collect();
        for actor in [UNSG, COUNCIL, UPR_INFO].into_iter().chain(states.iter().map(String::as_str)) {
            author.enrol(actor)?;
        }
        let mut stories = Self {
            dice: Dice::new(seed),
            states,
            sessions: rows(include_str!("../../../examples/upr-sessions.csv")),
            later: BTreeMap::new(),
            recommendations: 0,
            decisions: 0,
            pair: 0,
            registered: 0,
            focal: BTreeMap::new(),
        };
        stories.real_treaties(author, records)?;
        Ok(stories)
    }

    fn real_treaties(&mut self, author: &mut Author, records: u64) -> Result<(), BenchError> {
        let treaties: Vec<Value> =
            serde_json::from_str(include_str!("../../../examples/treaties.json")).expect("example treaties");
        for rules in treaties {
            let adopted = rules["adopted"].as_str().expect("a treaty has a date").to_owned();
            author.say(Act::own(FOUNDER, "treaty.registered", &adopted, rules))?;
        }
        let mut acts: Vec<TreatyRow> = rows(include_str!("../../../examples/treaty-acts.csv"));
        acts.sort_by(|a, b| a.date.cmp(&b.date));
        for row in acts {
            if author.size() == records {
                return Ok(());
            }
            let mut body = json!({"state": row.actor, "treaty": row.treaty});
            let kind = match row.act.as_str() {
                "signature" => "treaty.signed",
                "consent" => "treaty.consent_deposited",
                _ => "treaty.provisionally_applied",
            };
            match kind {
                "treaty.signed" => body["mode"] = "simple".into(),
                "treaty.consent_deposited" => body["mode"] = row.mode.into(),
                _ => {}
            }
            let source = Some((row.source_table, format!("treaty-acts:{}/{}:{}", row.treaty, row.actor, row.act)));
            author.say(Act { actor: FOUNDER.into(), kind, effective: row.date, body, source })?;
        }
        Ok(())
    }

    /// Says the next thing: what is due, else something new.
    fn go_on(&mut self, author: &mut Author) -> Result<(), BenchError> {
        if let Some(entry) = self.later.first_entry()
            && entry.key().0 <= author.size()
        {
            entry.remove()(author)?;
            return Ok(());
        }
        match self.dice.below(1000) {
            0..840 => self.recommendation(author),
            840..930 => self.participation(author),
            930..965 => self.decision(author),
            965..975 => self.focal_point(author),
            _ => self.mandate(author),
        }
    }

    /// Something to be said some records from now.
    fn after(&mut self, author: &Author, about: usize, what: Later) {
        let due = author.size() + (about / 2 + self.dice.below(about)) as u64;
        let order = self.dice.next();
        self.later.insert((due, order), what);
    }

    fn two_states(&mut self) -> (String, String) {
        let (a, b) = (self.dice.below(self.states.len()), self.dice.below(self.states.len() - 1));
        let b = if b >= a { b + 1 } else { b };
        (self.states[a].clone(), self.states[b].clone())
    }

    /// One state recommends something to another, which may answer, report on it later, and correct or affirm or dispute.
    fn recommendation(&mut self, author: &mut Author) -> Result<(), BenchError> {
        let (from, to) = self.two_states();
        self.recommendations += 1;
        let row = self.dice.below(self.sessions.len());
        let SessionRow { session, cycle, .. } = self.sessions[row];
        let (made_on, answered_on) = (self.sessions[row].last_day.clone(), self.sessions[row].adopted.clone());
        let (short_from, short_to) = (&from[6..].to_lowercase(), &to[6..].to_lowercase());
        let id = format!("upr-{session}-{short_to}-{short_from}-{:012x}", self.recommendations);
        let document = format!("A/HRC/{}/{}", session + 5, 1 + self.dice.below(20));
        let body = json!({
            "action": 1 + self.dice.below(5), "cycle": cycle, "document": document, "from": from, "mechanism": "upr",
            "recommendation": id, "session": session, "text": self.words(), "themes": self.themes(), "to": to,
        });
        let transcribed = self.dice.in_hundred(40);
        let source = transcribed.then(|| (document.clone(), format!("upr-info:{id}:made")));
        let actor = if transcribed { UPR_INFO.to_owned() } else { from.clone() };
        let act = Act { actor, kind: "recommendation.made", effective: made_on.clone(), body: body.clone(), source };
        let target = author.say(act)?;
        let stream = format!("recommendation:{}:{id}", &to[6..]);
        if transcribed && self.dice.in_hundred(4) {
            let said = json!({"body": body, "effective": made_on, "type": "recommendation.made", "v": 1});
            let mut reply = json!({"said": said, "stream": stream, "target": target});
            let kind = if self.dice.in_hundred(70) { "event.affirmed" } else { "event.disputed" };
            if kind == "event.disputed" {
                reply["grounds"] = "The report of the Working Group has it in other words.".into();
            }
            let act = Act::own(&to, kind, "2026-10-01", reply);
            self.after(author, 300, Box::new(|author| author.say(act).map(Some)));
        }
        if self.dice.in_hundred(2) {
            // Behind an affirmation or a dispute, if there is one: those must repeat what the record then says.
            let mut right = body;
            right["text"] = format!("{} So the report has it in full.", self.words()).into();
            let correction =
                json!({"reason": "the text was cut short", "replacement": right, "stream": stream, "target": target});
            let (actor, source) = match transcribed {
                true => (UPR_INFO.to_owned(), Some((document.clone(), format!("upr-info:{id}:made")))),
                false => (from, None),
            };
            let act = Act { actor, kind: "event.corrected", effective: "2026-10-01".into(), body: correction, source };
            self.after(author, 3_000, Box::new(|author| author.say(act).map(Some)));
        }
        if self.dice.in_hundred(88) {
            self.answer(author, transcribed, &to, &id, &answered_on);
        }
        Ok(())
    }

    fn answer(&mut self, author: &Author, transcribed: bool, to: &str, id: &str, on: &str) {
        let response = if self.dice.in_hundred(73) { "supported" } else { "noted" };
        let document = format!("A/HRC/{}/{}/Add.1", 6 + self.dice.below(20), 1 + self.dice.below(20));
        let mut body = json!({"recommendation": id, "response": response, "to": to});
        let mut source = None;
        let actor = if transcribed {
            source = Some((document, format!("upr-info:{id}:answer")));
            UPR_INFO.to_owned()
        } else {
            body["document"] = document.into();
            to.to_owned()
        };
        let act = Act { actor, kind: "recommendation.responded", effective: on.into(), body, source };
        self.after(author, 1_000, Box::new(|author| author.say(act).map(Some)));
        if self.dice.in_hundred(6) {
            let status = *self.dice.pick(&["in_progress", "partially", "fully", "not_implemented"]);
            let body = json!({"recommendation": id, "status": status, "text": self.words(), "to": to});
            let act = Act::own(to, "recommendation.followed_up", "2016-05", body);
            self.after(author, 5_000, Box::new(|author| author.say(act).map(Some)));
        }
    }

    /// A treaty is registered, or a state signs one and, mostly, consents later. They are made up, beyond the real ones.
    fn participation(&mut self, author: &mut Author) -> Result<(), BenchError> {
        let (treaty, state) = (self.pair / self.states.len(), self.pair % self.states.len());
        if treaty == TREATIES {
            return self.recommendation(author);
        }
        let id = format!("convention-{treaty:03}");
        let year = 2008 + treaty % 8;
        if treaty == self.registered {
            self.registered += 1;
            let adopted = format!("{year}-03-01");
            let rules = made_up_treaty(treaty, &id, &adopted);
            return author.say(Act::own(FOUNDER, "treaty.registered", &adopted, rules)).map(drop);
        }
        self.pair += 1;
        let state = self.states[state].clone();
        let own = self.dice.in_hundred(50);
        let act = |kind: &'static str, on: String, body: Value| match own {
            true => Act::own(&state, kind, &on, body),
            false => {
                let source = Some(("MTDSG".to_owned(), format!("{id}/{state}:{kind}")));
                Act { actor: FOUNDER.into(), kind, effective: on, body, source }
            }
        };
        let month = 3 + self.dice.below(10);
        let day = 2 + self.dice.below(27);
        let body = json!({"mode": "simple", "state": state, "treaty": id});
        author.say(act("treaty.signed", format!("{year}-{month:02}-{day:02}"), body))?;
        if self.dice.in_hundred(80) {
            let on = format!("{}-{month:02}-{day:02}", year + 1 + self.dice.below(8));
            let consent =
                act("treaty.consent_deposited", on, json!({"mode": "ratification", "state": state, "treaty": id}));
            self.after(author, 2_000, Box::new(|author| author.say(consent).map(Some)));
        }
        Ok(())
    }

    /// The symbol and the day of the Council's next decision.
    fn next_decision(&mut self) -> (String, String) {
        self.decisions += 1;
        let year = 2006 + self.decisions % 15;
        let (month, day) = (1 + self.dice.below(11), 1 + self.dice.below(28));
        (format!("S/RES/{}({year})", 1_000 + self.decisions), format!("{year}-{month:02}-{day:02}"))
    }

    /// The Council adopts something.
    fn decision(&mut self, author: &mut Author) -> Result<(), BenchError> {
        let (decision, on) = self.next_decision();
        author.say(adoption(&decision, &on, self.words())).map(drop)
    }

    /// The Council gives a mandate for half a year; a report is due under it; later it goes on for another year.
    fn mandate(&mut self, author: &mut Author) -> Result<(), BenchError> {
        let (decision, on) = self.next_decision();
        let mandate = format!("mission-{}", self.decisions);
        author.say(adoption(&decision, &on, self.words()))?;
        let (year, rest) = on.split_at(4);
        let year: u16 = year.parse().expect("a year");
        let until = format!("{}{rest}", year + 1);
        let body = json!({
            "decision": decision, "expires": {"kind": "date", "on": until}, "implementers": [UNSG],
            "mandate": mandate, "organ": COUNCIL, "title": format!("Mission {}", self.decisions),
            "tasks": [{"task": "protection", "text": self.words()}],
        });
        let established = Act::own(COUNCIL, "mandate.established", &on, body);
        let body = json!({
            "binding": "mandate", "decision": decision, "mandate": mandate, "organ": COUNCIL, "reporter": UNSG,
            "requirement": format!("{mandate}-report"), "title": "a report on the carrying out of the mandate",
            "schedule": [{"kind": "once", "on": until}],
        });
        let required = Act::own(COUNCIL, "report.required", &on, body);
        let submitted = Act::own(
            UNSG,
            "report.submitted",
            &until,
            json!({"document": format!("S/{}/{}", year + 1, 1 + self.dice.below(900)), "due": until,
                   "reporter": UNSG, "requirement": format!("{mandate}-report")}),
        );
        let (extension, _) = self.next_decision();
        let extended_by = adoption(&extension, &until, self.words());
        let body = json!({
            "decision": extension, "mandate": mandate, "organ": COUNCIL,
            "until": {"kind": "date", "on": format!("{}{rest}", year + 2)},
        });
        let extended = Act::own(COUNCIL, "mandate.extended", &until, body);
        // Each at a size of its own, in this order.
        let at = author.size();
        for (i, act) in [established, required, extended_by, extended, submitted].into_iter().enumerate() {
            let wait = if i < 2 { 1 + i as u64 } else { 1_000 + i as u64 };
            self.later.insert((at + wait, i as u64), Box::new(|author| author.say(act).map(Some)));
        }
        Ok(())
    }

    /// A state appoints its focal point, or replaces it a year later.
    fn focal_point(&mut self, author: &mut Author) -> Result<(), BenchError> {
        let state = self.dice.pick(&self.states).clone();
        let times = self.focal.entry(state.clone()).or_default();
        let kind = if *times == 0 { "focal_point.appointed" } else { "focal_point.replaced" };
        let on = format!("{}-{:02}-01", 2010 + *times / 12, 1 + *times % 12);
        *times += 1;
        let body = json!({"level": "senior_official", "of": state, "office": "Department of Multilateral Affairs"});
        author.say(Act::own(&state, kind, &on, body)).map(drop)
    }

    fn themes(&mut self) -> Vec<&'static str> {
        const THEMES: [&str; 8] = [
            "International instruments",
            "Women's rights",
            "Rights of the child",
            "Detention",
            "Torture",
            "Justice",
            "Minorities",
            "Freedom of opinion and expression",
        ];
        let first = self.dice.below(THEMES.len());
        let second = (first + 1 + self.dice.below(THEMES.len() - 1)) % THEMES.len();
        if self.dice.in_hundred(60) { vec![THEMES[first]] } else { vec![THEMES[first], THEMES[second]] }
    }

    /// A sentence or two, some 60 to 250 bytes as in UPR Info's database.
    fn words(&mut self) -> String {
        const DO: [&str; 6] = [
            "Consider ratifying",
            "Take effective measures to implement",
            "Continue its efforts to give effect to",
            "Bring national legislation into line with",
            "Strengthen cooperation with civil society under",
            "Accelerate the process of accession to",
        ];
        const WHAT: [&str; 6] = [
            "the Convention on the Prevention and Punishment of the Crime of Genocide",
            "the International Convention for the Protection of All Persons from Enforced Disappearance",
            "the Rome Statute of the International Criminal Court",
            "the Optional Protocol to the Convention against Torture",
            "the recommendations of the treaty bodies on the protection of minorities",
            "its obligations under international humanitarian law",
        ];
        const HOW: [&str; 5] = [
            "",
            ", and establish a national mechanism for the prevention of mass atrocities",
            ", with particular attention to persons belonging to minorities and to internally displaced persons",
            " as soon as possible",
            ", including by training its police and armed forces, and report on the results to its partners",
        ];
        format!("{} {}{}.", self.dice.pick(&DO), self.dice.pick(&WHAT), self.dice.pick(&HOW))
    }
}

fn adoption(decision: &str, on: &str, title: String) -> Act {
    let body = json!({
        "decision": decision, "organ": COUNCIL, "title": title,
        "votes": {"abstaining": 1, "against": 0, "in_favour": 14},
    });
    Act::own(COUNCIL, "decision.adopted", on, body)
}

/// The rules of a treaty with ordinary final clauses: those of the Rome Statute, open for signature without an end.
fn made_up_treaty(number: usize, id: &str, adopted: &str) -> Value {
    json!({
        "adopted": adopted, "consent_modes": ["ratification", "accession"], "depositary": UNSG,
        "for_each_state": {"article": "20(2)", "delay": {"unit": "days", "count": 30}},
        "reference": format!("MTDSG of the benchmark, {number}"), "reservations": {"kind": "unstated"},
        "signature": {"from": adopted},
        "threshold": {"article": "20(1)", "count": 20, "modes": ["ratification", "accession"],
                      "delay": {"unit": "days", "count": 90}},
        "title": format!("Convention {number} of the benchmark"), "treaty": id,
        "withdrawal": {"kind": "notice", "article": "22", "delay": {"unit": "months", "count": 12}},
    })
}
