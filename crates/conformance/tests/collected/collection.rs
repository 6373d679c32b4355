//! Vectors on their way into files.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{Rule, RuleNumber};
use exeunt_conformance::{Alternative, Flag, Oracle, Vector, family, other_answers, room_version};
use exeunt_event::json::{self, Object, Value};
use exeunt_version::{RoomVersion, SPECIFICATION};

/// Readings of a text that is clear, and what it says: servers in use do something else.
///
/// Of all others the text leaves a word open, or says nothing, or two places of it disagree: the
/// hashes beside references, which its schema requires and nothing reads; what redaction makes of a
/// `third_party_invite` of which it allows a key that is not there.
const DEPLOYED: &[(&str, &str)] = &[
    (
        "content_hash",
        "\u{201c}existing `unsigned`, `signatures`, and `hashes` properties\u{201d} and no others",
    ),
    ("level_strings", "an integer in decimal, with at most a sign, and white space around it"),
    ("m_federate", "\u{201c}set to `false`\u{201d}"),
    (
        "power_event_chain",
        "\u{201c}the events in the auth chain of *P*\u{201d}, and that chain is defined",
    ),
    ("power_events", "the definition lists types and memberships, and no state key but a member's"),
    ("power_levels_users", "the appendices say which user IDs are valid"),
    ("redacted_create_room_id", "`room_id` is among the keys of every event that are kept"),
    ("special_state_key", "\u{201c}If type is \u{2026}\u{201d}: the rules name no state key"),
    ("third_party_signatures", "\u{201c}If any signature \u{2026} matches any public key\u{201d}"),
];

/// Rules that reject what is malformed: whoever lets it pass is wrong, but nobody gains by it.
const HARMLESS: &[Rule] = &[
    Rule::CreateHasPrevEvents,
    Rule::CreateRoomIdDomain,
    Rule::CreateHasRoomId,
    Rule::CreateRoomVersion,
    Rule::CreateWithoutCreator,
    Rule::AliasesWithoutStateKey,
    Rule::MemberIncomplete,
    Rule::MemberUnknown,
    Rule::LeaveOwn,
    Rule::KnockJoinRule,
    Rule::KnockForAnother,
    Rule::KnockOtherwise,
    Rule::PowerLevelsNotIntegers,
    Rule::PowerLevelsMapsNotIntegers,
    Rule::PowerLevelsUsers,
];

/// A question on its way to be a vector.
pub(crate) struct Question {
    /// Where it is from, as a word.
    pub(crate) source: &'static str,
    /// What it is called there.
    pub(crate) name: String,
    /// What it shows, in a sentence.
    pub(crate) comment: String,
    /// The family of its file, where that is not the rule's.
    pub(crate) family: Option<String>,
    /// Where the text has it, besides the rule.
    pub(crate) links: Vec<String>,
    /// Whether who gets it wrong is open to attack, besides by what rules say.
    pub(crate) security: bool,
    /// What is asked, without an `id`.
    pub(crate) request: Object<'static>,
}

impl Question {
    pub(crate) fn new(
        source: &'static str,
        name: impl Into<String>,
        comment: impl Into<String>,
        request: Object<'static>,
    ) -> Self {
        let (name, comment) = (name.into(), comment.into());
        let (family, links) = (None, Vec::new());
        Self { source, name, comment, family, links, security: false, request }
    }

    pub(crate) fn filed(self, family: impl Into<String>) -> Self {
        Self { family: Some(family.into()), ..self }
    }

    pub(crate) fn linked(mut self, link: impl Into<String>) -> Self {
        self.links.push(link.into());
        self
    }

    pub(crate) fn about_security(self, security: bool) -> Self {
        Self { security: self.security || security, ..self }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.request.get(name).and_then(Value::as_str)
    }
}

/// The vectors so far.
pub(crate) struct Collection {
    oracle: Oracle,
    /// Whether the other readings are asked too, which takes long.
    asks_readings: bool,
    questions: BTreeSet<String>,
    ids: BTreeSet<String>,
    files: BTreeMap<String, Vec<Vector>>,
    /// How many vectors have an answer to `authorise`, by room version.
    verdicts: BTreeMap<(String, String), usize>,
}

impl Collection {
    pub(crate) fn new(asks_readings: bool) -> Self {
        let (questions, ids, files, verdicts) = Default::default();
        Self { oracle: Oracle::default(), asks_readings, questions, ids, files, verdicts }
    }

    /// The vectors of each file, by its path.
    pub(crate) fn files(&self) -> &BTreeMap<String, Vec<Vector>> {
        &self.files
    }

    /// What the model answers.
    pub(crate) fn answer(&self, request: &Object<'static>) -> Object<'static> {
        let answer = self.oracle.answer(request.as_received().as_bytes());
        let parsed = json::parse_any(answer.as_bytes()).unwrap();
        parsed.value.as_object().unwrap().clone().into_owned()
    }

    /// How many vectors of `authorise` have the same verdict in the same room version.
    pub(crate) fn alike(&self, request: &Object<'static>) -> usize {
        let verdict = (version_of(request).id().to_owned(), said(&self.answer(request)));
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    /// Takes a question, unless it is there already.
    pub(crate) fn add(&mut self, question: Question) -> bool {
        if !self.questions.insert(question.request.as_received()) {
            return false;
        }
        let response = self.answer(&question.request);
        let version = version_of(&question.request);
        let op = question.field("op").unwrap().to_owned();
        if op == "authorise" {
            let verdict = (version.id().to_owned(), said(&response));
            *self.verdicts.entry(verdict).or_default() += 1;
        }
        let rules = rules(&op, &response);
        let rule = rules.first().and_then(|number| by_number(number, &version));
        let file = question.family.clone().unwrap_or_else(|| match rule {
            Some(rule) => family(rule).to_owned(),
            None => unnumbered(&question.request).to_owned(),
        });
        let path = format!("{op}/{version}/{file}");
        let id = self.id(&format!("{path}/{}-{}", question.source, slug(&question.name)));
        let refuses = ok(&response).and_then(|ok| ok.get("allowed")) == Some(&Value::Bool(false));
        let security =
            question.security || (refuses && rule.is_some_and(|rule| !HARMLESS.contains(&rule)));
        let mut vector = Vector {
            comment: question.comment,
            rules,
            links: question.links,
            flags: Vec::new(),
            request: identified(question.request, &id),
            response: identified(spoken(response), &id),
            alternatives: Vec::new(),
            id,
        };
        if self.asks_readings {
            self.ask_readings(&mut vector, &op);
        }
        if security {
            vector.flags.push(Flag::Security);
        }
        if vector.rules.is_empty() && vector.links.is_empty() {
            vector.links.push(link(&op, &version));
        }
        if op == "authorise" && rule.is_none() && file == "power-levels" {
            vector.links = vec![Rule::PowerLevelsNotIntegers.link(version.page())];
        }
        self.files.entry(format!("{path}.jsonl")).or_default().push(vector);
        true
    }

    /// The answers of the other readings, alone and together, where they are others.
    fn ask_readings(&self, vector: &mut Vector, op: &str) {
        for Alternative { readings, response } in other_answers(&self.oracle, &vector.request) {
            for (name, _) in readings.iter() {
                let is_deployed = DEPLOYED.iter().any(|(deployed, _)| *deployed == name);
                let ambiguous = || Flag::Ambiguous(name.to_owned());
                let flag = if is_deployed { Flag::DeployedDiffers } else { ambiguous() };
                if !vector.flags.contains(&flag) {
                    vector.flags.push(flag);
                }
            }
            for rule in rules(op, &response) {
                if !vector.rules.contains(&rule) {
                    vector.rules.push(rule);
                }
            }
            vector.alternatives.push(Alternative { readings, response: spoken(response) });
        }
        vector.flags.sort();
    }

    /// The name, or if another vector has it, one with a number.
    fn id(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.to_owned()).chain(numbered);
        let id = free.into_iter().find(|id| !self.ids.contains(id)).unwrap();
        self.ids.insert(id.clone());
        id
    }
}

/// The room version that is asked about.
pub(crate) fn version_of(request: &Object<'_>) -> RoomVersion {
    RoomVersion::specified(room_version(request).unwrap_or("11")).unwrap()
}

/// An answer without its sentences.
fn said(response: &Object<'static>) -> String {
    spoken(response.clone()).as_received()
}

fn ok<'a>(response: &'a Object<'_>) -> Option<&'a Object<'a>> {
    response.get("ok").and_then(Value::as_object)
}

/// The numbers of the rules that an answer names.
fn rules(op: &str, response: &Object<'_>) -> Vec<String> {
    let Some(ok) = ok(response) else { return Vec::new() };
    let named = |object: &Object<'_>| object.get("rule").and_then(Value::as_str).map(str::to_owned);
    match op {
        "authorise" => named(ok).into_iter().collect(),
        "replay" => {
            let events = ok.get("events").and_then(Value::as_array).unwrap_or_default();
            let rules: BTreeSet<_> =
                events.iter().filter_map(Value::as_object).filter_map(named).collect();
            rules.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

pub(crate) fn by_number(number: &str, version: &RoomVersion) -> Option<Rule> {
    let number: RuleNumber = number.parse().ok()?;
    Rule::by_number(&number, &version.capabilities)
}

/// The family of a question that no numbered rule decides: the section on the forms of levels does.
fn unnumbered(request: &Object<'_>) -> &'static str {
    let event = request.get("event").and_then(Value::as_object);
    let kind = event.and_then(|event| event.get("type")).and_then(Value::as_str);
    if kind == Some("m.room.power_levels") { "power-levels" } else { "events" }
}

fn identified(object: Object<'static>, id: &str) -> Object<'static> {
    let mut object = object;
    object.insert("id", id.to_owned());
    object
}

/// The answer without sentences for people, which may change.
fn spoken(mut response: Object<'static>) -> Object<'static> {
    if let Some(ok) = response.get_mut("ok").and_then(Value::as_object_mut) {
        ok.remove("reason");
        if let Some(Value::Array(events)) = ok.get_mut("events") {
            for event in events.iter_mut().filter_map(Value::as_object_mut) {
                event.remove("reason");
            }
        }
    }
    response
}

/// The name in lower case, with hyphens for all that is no letter or digit.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(70);
    slug.trim_end_matches('-').to_owned()
}

/// Where the text has what an op is about.
fn link(op: &str, version: &RoomVersion) -> String {
    let page = version.page();
    let place = match op {
        "canonical_json" => "appendices/#canonical-json".to_owned(),
        "event_id" => format!("rooms/v{page}/#event-ids"),
        "redact" => format!("rooms/v{page}/#redactions"),
        "sign" => "server-server-api/#adding-hashes-and-signatures-to-outgoing-events".to_owned(),
        "check_signatures" => {
            "server-server-api/#validating-hashes-and-signatures-on-received-events".to_owned()
        }
        "authorise" => format!("rooms/v{page}/#authorisation-rules"),
        "resolve" => format!("rooms/v{page}/#state-resolution"),
        "replay" => "server-server-api/#checks-performed-on-receipt-of-a-pdu".to_owned(),
        _ => "server-server-api/".to_owned(),
    };
    format!("https://spec.matrix.org/{SPECIFICATION}/{place}")
}
