//! The account of a resolution, in names.

use exeunt_auth::Verdict;
use exeunt_dag::Number;
use exeunt_resolve::{
    Account, AccountV1, AccountV2, Candidate, CandidateOutcome, Key, Pass, Resolution,
};

use super::{ALICE, BOB, CAROL, DAVE, Room};

impl Room {
    /// What the account says, line by line: what was in conflict, every event at its step with what
    /// it was sorted by and the rule that decided, and what won. Lists that are empty are left out.
    pub(crate) fn tell(&self, resolution: &Resolution<'_>) -> Vec<String> {
        let mut lines = match &resolution.account {
            Account::V1(account) => self.tell_v1(account),
            Account::V2(account) => self.tell_v2(account),
        };
        for (key, winner) in resolution.contested() {
            let winner = winner.map_or("nothing", |winner| self.name(winner));
            lines.push(format!("{} is {winner}", self.key(*key)));
        }
        lines
    }

    fn tell_v1(&self, account: &AccountV1<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for contest in &account.contests {
            let pass = match contest.pass {
                Pass::PowerLevels => "levels",
                Pass::JoinRules => "rules",
                Pass::Members => "members",
                Pass::Others => "others",
            };
            for Candidate { event, depth, outcome, .. } in &contest.candidates {
                let outcome = match outcome {
                    CandidateOutcome::First => "first".to_owned(),
                    CandidateOutcome::NotReached => "not reached".to_owned(),
                    CandidateOutcome::Checked(verdict) => self.verdict(verdict),
                    CandidateOutcome::Fallback(verdict) => {
                        format!("lowest, though {}", self.verdict(verdict))
                    }
                };
                lines.push(format!("{pass}: {} depth {depth}: {outcome}", self.name(*event)));
            }
        }
        lines
    }

    fn tell_v2(&self, account: &AccountV2<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut list = |title: &str, events: &[Number]| {
            if !events.is_empty() {
                let names: Vec<_> = events.iter().map(|event| self.name(*event)).collect();
                lines.push(format!("{title}: {}", names.join(" ")));
            }
        };
        list("conflicted", &account.conflicted);
        list("difference", &account.auth_difference);
        list("subgraph", account.subgraph.as_deref().unwrap_or_default());
        list("cyclic", &account.cyclic);
        for step in &account.power_events {
            let (name, verdict) = (self.name(step.event), self.verdict(&step.verdict));
            let (power, at) = (step.key.power, step.key.origin_server_ts);
            lines.push(format!("power: {name} by {power} at {at}: {verdict}"));
        }
        let mainline: Vec<_> = account.mainline.iter().map(|event| self.name(*event)).collect();
        if !mainline.is_empty() {
            lines.push(format!("mainline: {}", mainline.join(" ")));
        }
        for step in &account.others {
            let (name, verdict) = (self.name(step.event), self.verdict(&step.verdict));
            let position = step.key.position.map_or("∞".to_owned(), |at| at.to_string());
            let at = step.key.origin_server_ts;
            lines.push(format!("other: {name} on {position} at {at}: {verdict}"));
        }
        lines
    }

    fn verdict(&self, verdict: &Verdict<'_>) -> String {
        match verdict {
            Verdict::Allowed { rule } => format!("allowed by {rule}"),
            Verdict::Rejected { rule, witness } => {
                format!("rejected by {rule}: {}", self.in_names(&witness.to_string()))
            }
        }
    }

    fn key(&self, key: Key) -> String {
        let (event_type, state_key) = self.pool.keys().name(key).unwrap();
        let name = event_type.as_str().trim_start_matches("m.room.");
        let key = self.in_names(state_key);
        if key.is_empty() { name.to_owned() } else { format!("{name} {key}") }
    }

    fn in_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (user, name) in [(ALICE, "Alice"), (BOB, "Bob"), (CAROL, "Carol"), (DAVE, "Dave")] {
            text = text.replace(user, name);
        }
        for (name, id) in &self.names {
            text = text.replace(id.as_str(), name);
        }
        text
    }
}
