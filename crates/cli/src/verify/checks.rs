//! What the checks found in a room, in the order of its lines.

use exeunt_room::{Check, Refusal};

use super::finding::{Finding, Outcome};
use super::fold::{Fold, Kept};
use super::waiting::{Wait, waiting};

/// The findings of all checks, and how many events entered each.
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
    pub(crate) entered: [usize; Check::ALL.len()],
    pub(crate) pending: usize,
}

/// What was found about a room that has taken all its lines.
pub(crate) fn findings(fold: &Fold<'_>) -> Findings {
    let mut found =
        Findings { all: fold.findings.clone(), entered: [0; Check::ALL.len()], pending: 0 };
    found.entered[..3].copy_from_slice(&fold.entered);
    let waiting = waiting(fold);
    for kept in &fold.kept {
        if let Some(record) = fold.room.record(&kept.id) {
            let refusal = record.standing().refusal();
            let last = match refusal.map(|refusal| refusal.check) {
                Some(check) => check,
                None if record.is_outlier() => Check::AuthEvents,
                None if kept.is_received => Check::PolicyServer,
                None => Check::StateBefore,
            };
            found.enter(last);
            if let Some(refusal) = refusal {
                found.all.push(refused(kept, refusal, fold));
            }
            continue;
        }
        match waiting.get(&kept.id) {
            Some(Wait::Rejected { rule, message }) => {
                found.enter(Check::AuthEvents);
                let refusal = Refusal {
                    check: Check::AuthEvents,
                    rule: Some(*rule),
                    reason: message.as_str().into(),
                };
                found.all.push(refused(kept, &refusal, fold));
            }
            Some(Wait::For { check, message, missing }) => {
                found.enter(*check);
                found.pending += 1;
                let missing = missing.iter().map(ToString::to_string).collect();
                let about = (Outcome::Pending, message.clone());
                found.all.push(Finding { missing, ..finding(kept, *check, about) });
            }
            None => {}
        }
    }
    found.all.sort_by_key(|finding| (finding.line, finding.check));
    found
}

impl Findings {
    /// Counts an event that went through the checks from the fourth to this one.
    fn enter(&mut self, last: Check) {
        for check in Check::ALL.into_iter().skip_while(|check| *check < Check::AuthEvents) {
            if check <= last {
                self.entered[usize::from(check.number()) - 1] += 1;
            }
        }
    }
}

fn finding(kept: &Kept, check: Check, (outcome, message): (Outcome, String)) -> Finding {
    let event_id = Some(kept.id.to_string());
    Finding { line: kept.line, event_id, check, outcome, rule: None, message, missing: Vec::new() }
}

fn refused(kept: &Kept, refusal: &Refusal, fold: &Fold<'_>) -> Finding {
    let outcome = match refusal.check {
        Check::CurrentState | Check::PolicyServer => Outcome::SoftFailed,
        _ => Outcome::Rejected,
    };
    let capabilities = &fold.room.version().capabilities;
    let rule = refusal.rule.map(|rule| (rule, rule.number(capabilities)));
    Finding { rule, ..finding(kept, refusal.check, (outcome, refusal.reason.to_string())) }
}
