//! The numbers of all rules in all versions, typed from the pages of the specification.

use std::collections::BTreeSet;

use exeunt_auth::{Effect, Rule, RuleNumber};
use exeunt_version::{Capabilities, LevelForm, RoomVersion};

/// One column for each text: versions 1 and 2 have the same, and so have 3 to 5, and 8 and 9.
/// `-` is a rule that the text does not have, `*` one that it does not number.
const NUMBERS: &str = "
    create-has-prev-events                     1.1     1.1     1.1     1.1     1.1     1.1     1.1     1.1
    create-room-id-domain                      1.2     1.2     1.2     1.2     1.2     1.2     1.2     -
    create-has-room-id                         -       -       -       -       -       -       -       1.2
    create-room-version                        1.3     1.3     1.3     1.3     1.3     1.3     1.3     1.3
    create-without-creator                     1.4     1.4     1.4     1.4     1.4     1.4     -       -
    create-additional-creators                 -       -       -       -       -       -       -       1.4
    create-allowed                             1.5     1.5     1.5     1.5     1.5     1.5     1.4     1.5
    room-id-is-no-create-event                 -       -       -       -       -       -       -       2
    auth-events-duplicate                      2.1     2.1     2.1     2.1     2.1     2.1     2.1     3.1
    auth-events-unexpected                     2.2     2.2     2.2     2.2     2.2     2.2     2.2     3.2
    auth-events-rejected                       2.3     2.3     2.3     2.3     2.3     2.3     2.3     3.3
    auth-events-no-create                      2.4     2.4     2.4     2.4     2.4     2.4     2.4     -
    auth-events-other-room                     2.5     2.5     2.5     2.5     2.5     2.5     2.5     3.4
    not-federated                              3       3       3       3       3       3       3       4
    aliases-without-state-key                  4.1     4.1     -       -       -       -       -       -
    aliases-domain                             4.2     4.2     -       -       -       -       -       -
    aliases-allowed                            4.3     4.3     -       -       -       -       -       -
    member-incomplete                          5.1     5.1     4.1     4.1     4.1     4.1     4.1     5.1
    member-authoriser-signature                -       -       -       -       4.2.1   4.2.1   4.2.1   5.2.1
    join-creator                               5.2.1   5.2.1   4.2.1   4.2.1   4.3.1   4.3.1   4.3.1   5.3.1
    join-for-another                           5.2.2   5.2.2   4.2.2   4.2.2   4.3.2   4.3.2   4.3.2   5.3.2
    join-banned                                5.2.3   5.2.3   4.2.3   4.2.3   4.3.3   4.3.3   4.3.3   5.3.3
    join-invited                               5.2.4   5.2.4   4.2.4   4.2.4   4.3.4   4.3.4   4.3.4   5.3.4
    join-restricted-member                     -       -       -       -       4.3.5.1 4.3.5.1 4.3.5.1 5.3.5.1
    join-restricted-authoriser                 -       -       -       -       4.3.5.2 4.3.5.2 4.3.5.2 5.3.5.2
    join-restricted-allowed                    -       -       -       -       4.3.5.3 4.3.5.3 4.3.5.3 5.3.5.3
    join-public                                5.2.5   5.2.5   4.2.5   4.2.5   4.3.6   4.3.6   4.3.6   5.3.6
    join-otherwise                             5.2.6   5.2.6   4.2.6   4.2.6   4.3.7   4.3.7   4.3.7   5.3.7
    invite-third-party-banned                  5.3.1.1 5.3.1.1 4.3.1.1 4.3.1.1 4.4.1.1 4.4.1.1 4.4.1.1 5.4.1.1
    invite-third-party-without-signed          5.3.1.2 5.3.1.2 4.3.1.2 4.3.1.2 4.4.1.2 4.4.1.2 4.4.1.2 5.4.1.2
    invite-third-party-without-mxid-or-token   5.3.1.3 5.3.1.3 4.3.1.3 4.3.1.3 4.4.1.3 4.4.1.3 4.4.1.3 5.4.1.3
    invite-third-party-mxid                    5.3.1.4 5.3.1.4 4.3.1.4 4.3.1.4 4.4.1.4 4.4.1.4 4.4.1.4 5.4.1.4
    invite-third-party-without-event           5.3.1.5 5.3.1.5 4.3.1.5 4.3.1.5 4.4.1.5 4.4.1.5 4.4.1.5 5.4.1.5
    invite-third-party-sender                  5.3.1.6 5.3.1.6 4.3.1.6 4.3.1.6 4.4.1.6 4.4.1.6 4.4.1.6 5.4.1.6
    invite-third-party-signature               5.3.1.7 5.3.1.7 4.3.1.7 4.3.1.7 4.4.1.7 4.4.1.7 4.4.1.7 5.4.1.7
    invite-third-party-otherwise               5.3.1.8 5.3.1.8 4.3.1.8 4.3.1.8 4.4.1.8 4.4.1.8 4.4.1.8 5.4.1.8
    invite-sender-not-joined                   5.3.2   5.3.2   4.3.2   4.3.2   4.4.2   4.4.2   4.4.2   5.4.2
    invite-target-joined-or-banned             5.3.3   5.3.3   4.3.3   4.3.3   4.4.3   4.4.3   4.4.3   5.4.3
    invite-allowed                             5.3.4   5.3.4   4.3.4   4.3.4   4.4.4   4.4.4   4.4.4   5.4.4
    invite-otherwise                           5.3.5   5.3.5   4.3.5   4.3.5   4.4.5   4.4.5   4.4.5   5.4.5
    leave-own                                  5.4.1   5.4.1   4.4.1   4.4.1   4.5.1   4.5.1   4.5.1   5.5.1
    leave-sender-not-joined                    5.4.2   5.4.2   4.4.2   4.4.2   4.5.2   4.5.2   4.5.2   5.5.2
    leave-unban                                5.4.3   5.4.3   4.4.3   4.4.3   4.5.3   4.5.3   4.5.3   5.5.3
    leave-kick                                 5.4.4   5.4.4   4.4.4   4.4.4   4.5.4   4.5.4   4.5.4   5.5.4
    leave-otherwise                            5.4.5   5.4.5   4.4.5   4.4.5   4.5.5   4.5.5   4.5.5   5.5.5
    ban-sender-not-joined                      5.5.1   5.5.1   4.5.1   4.5.1   4.6.1   4.6.1   4.6.1   5.6.1
    ban-allowed                                5.5.2   5.5.2   4.5.2   4.5.2   4.6.2   4.6.2   4.6.2   5.6.2
    ban-otherwise                              5.5.3   5.5.3   4.5.3   4.5.3   4.6.3   4.6.3   4.6.3   5.6.3
    knock-join-rule                            -       -       -       4.6.1   4.7.1   4.7.1   4.7.1   5.7.1
    knock-for-another                          -       -       -       4.6.2   4.7.2   4.7.2   4.7.2   5.7.2
    knock-allowed                              -       -       -       4.6.3   4.7.3   4.7.3   4.7.3   5.7.3
    knock-otherwise                            -       -       -       4.6.4   4.7.4   4.7.4   4.7.4   5.7.4
    member-unknown                             5.6     5.6     4.6     4.7     4.8     4.8     4.8     5.8
    sender-not-joined                          6       6       5       5       5       5       5       6
    third-party-invite-level                   7.1     7.1     6.1     6.1     6.1     6.1     6.1     7.1
    required-power-level                       8       8       7       7       7       7       7       8
    state-key-of-another                       9       9       8       8       8       8       8       9
    power-levels-not-integers                  *       *       *       *       *       9.1     9.1     10.1
    power-levels-maps-not-integers             *       *       *       *       *       9.2     9.2     10.2
    power-levels-users                         10.1    10.1    9.1     9.1     9.1     9.3     9.3     10.3
    power-levels-creator                       -       -       -       -       -       -       -       10.4
    power-levels-first                         10.2    10.2    9.2     9.2     9.2     9.4     9.4     10.5
    power-levels-current-property              10.3.1  10.3.1  9.3.1   9.3.1   9.3.1   9.5.1   9.5.1   10.6.1
    power-levels-new-property                  10.3.2  10.3.2  9.3.2   9.3.2   9.3.2   9.5.2   9.5.2   10.6.2
    power-levels-current-entry                 10.4.1  10.4.1  9.4.1   9.4.1   9.4.1   9.6.1   9.6.1   10.7.1
    power-levels-new-entry                     10.5.1  10.5.1  9.5.1   9.5.1   9.5.1   9.7.1   9.7.1   10.8.1
    power-levels-current-user                  10.6.1  10.6.1  9.6.1   9.6.1   9.6.1   9.8.1   9.8.1   10.9.1
    power-levels-new-user                      10.7.1  10.7.1  9.7.1   9.7.1   9.7.1   9.9.1   9.9.1   10.10.1
    power-levels-allowed                       10.8    10.8    9.8     9.8     9.8     9.10    9.10    10.11
    redaction-level                            11.1    -       -       -       -       -       -       -
    redaction-domain                           11.2    -       -       -       -       -       -       -
    redaction-otherwise                        11.3    -       -       -       -       -       -       -
    otherwise                                  12      11      10      10      10      10      10      11
";

/// For each version: its column in [`NUMBERS`], and how many items of the text have no items under
/// them.
const VERSIONS: [(&str, usize, usize); 12] = [
    ("1", 1, 60),
    ("2", 1, 60),
    ("3", 2, 57),
    ("4", 2, 57),
    ("5", 2, 57),
    ("6", 3, 54),
    ("7", 4, 58),
    ("8", 5, 62),
    ("9", 5, 62),
    ("10", 6, 64),
    ("11", 7, 63),
    ("12", 8, 65),
];

fn numbers(capabilities: &Capabilities) -> Vec<(String, &'static str)> {
    let numbers =
        Rule::ALL.iter().filter_map(|rule| Some((rule.number(capabilities)?, rule.name())));
    numbers.map(|(number, rule)| (number.to_string(), rule)).collect()
}

/// The column of [`NUMBERS`], in the order of the text: what stands there, and the rule's name.
fn column(column: usize) -> impl Iterator<Item = (&'static str, &'static str)> {
    NUMBERS.trim().lines().map(move |line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells.len(), 9, "{line}");
        (cells[column], cells[0])
    })
}

#[test]
fn every_rule_has_the_number_that_the_text_gives_it() {
    for (version, number, _) in VERSIONS {
        let capabilities = RoomVersion::specified(version).unwrap().capabilities;
        let expected: Vec<(String, &str)> = column(number)
            .filter(|(number, _)| !["-", "*"].contains(number))
            .map(|(number, rule)| (number.to_owned(), rule))
            .collect();
        assert_eq!(numbers(&capabilities), expected, "version {version}");

        let unnumbered =
            |rule: &Rule| rule.exists_in(&capabilities) && rule.number(&capabilities).is_none();
        let actual: Vec<&str> =
            Rule::ALL.iter().copied().filter(unnumbered).map(Rule::name).collect();
        let expected: Vec<&str> =
            column(number).filter(|(number, _)| *number == "*").map(|(_, rule)| rule).collect();
        assert_eq!(actual, expected, "version {version}");
    }
}

#[test]
fn the_text_has_as_many_items() {
    for (version, _, items) in VERSIONS {
        let capabilities = RoomVersion::specified(version).unwrap().capabilities;
        // Where the keys of a third-party invite stand is two items under one rule.
        assert_eq!(numbers(&capabilities).len() - 1 + 2, items, "version {version}");
    }
}

#[test]
fn numbers_lead_back_to_their_rules() {
    for version in RoomVersion::all() {
        let capabilities = &version.capabilities;
        let mut seen = BTreeSet::new();
        for rule in Rule::ALL {
            let Some(number) = rule.number(capabilities) else { continue };
            assert!(seen.last() < Some(&number), "{rule} in version {version}");
            assert_eq!(Rule::by_number(&number, capabilities), Some(*rule));
            assert_eq!(number.to_string().parse(), Ok(number));
            seen.insert(number);
        }
    }
}

#[test]
fn a_number_that_says_no_rule_leads_nowhere() {
    let rule = |number: &str, capabilities| {
        Rule::by_number(&number.parse::<RuleNumber>().unwrap(), &capabilities)
    };
    for number in ["13", "1", "5", "5.3.1", "5.3.1.7.1", "5.3.1.7.3", "6.1", "12.1"] {
        assert_eq!(rule(number, Capabilities::V1), None, "{number}");
    }
    assert_eq!(rule("12", Capabilities::V1), Some(Rule::Otherwise));
    assert_eq!(rule("12", Capabilities::V12), None);
}

#[test]
fn names_lead_back_to_their_rules() {
    let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(rule.to_string().parse(), Ok(*rule));
    }
    assert_eq!(
        "join-restricted-autoriser".parse::<Rule>().unwrap_err().to_string(),
        "there is no rule \"join-restricted-autoriser\""
    );
}

#[test]
fn a_version_that_a_user_defines_is_counted_like_any_other() {
    let without_knocking = RoomVersion::from_toml("base = \"11\"\nknocking = false").unwrap();
    let number = |rule: Rule| rule.number(&without_knocking.capabilities).map(|it| it.to_string());
    assert_eq!(number(Rule::BanOtherwise).as_deref(), Some("4.6.3"));
    assert_eq!(number(Rule::KnockJoinRule), None);
    assert_eq!(number(Rule::MemberUnknown).as_deref(), Some("4.7"));
    assert_eq!(number(Rule::SenderNotJoined).as_deref(), Some("5"));

    let many = RoomVersion::from_toml(
        "base = \"12\"\naliases_rule = true\nredaction_rule = true\nlevels = \"strings\"",
    )
    .unwrap();
    let number = |rule: Rule| rule.number(&many.capabilities).map(|it| it.to_string());
    assert_eq!(number(Rule::AliasesAllowed).as_deref(), Some("5.3"));
    assert_eq!(number(Rule::JoinRestrictedAuthoriser).as_deref(), Some("6.3.5.2"));
    assert_eq!(number(Rule::PowerLevelsNotIntegers), None);
    assert_eq!(number(Rule::PowerLevelsCreator).as_deref(), Some("11.2"));
    assert_eq!(number(Rule::Otherwise).as_deref(), Some("13"));
}

#[test]
fn links_lead_to_a_page_that_has_the_rule() {
    let link = |page, section| format!("https://spec.matrix.org/v1.19/rooms/v{page}/#{section}");
    for version in RoomVersion::all() {
        for rule in Rule::ALL.iter().filter(|rule| rule.number(&version.capabilities).is_some()) {
            assert_eq!(rule.link(version.page()), link(version.page(), "authorisation-rules"));
        }
        if version.capabilities.levels != LevelForm::Integers {
            let section = "mroompower_levels-events-accept-values-as-strings";
            for rule in [Rule::PowerLevelsNotIntegers, Rule::PowerLevelsMapsNotIntegers] {
                assert_eq!(rule.link(version.page()), link(version.page(), section));
            }
        }
    }
    assert_eq!(Rule::CreateHasRoomId.link(11), link(12, "authorisation-rules"));
    assert_eq!(Rule::AliasesDomain.link(6), link(5, "authorisation-rules"));
    assert_eq!(Rule::Otherwise.link(200), link(12, "authorisation-rules"));
}

#[test]
fn two_rules_decide() {
    let decides = |rule: &Rule| rule.effect() == Effect::Decides;
    let rules: Vec<Rule> = Rule::ALL.iter().copied().filter(decides).collect();
    assert_eq!(rules, [Rule::LeaveOwn, Rule::ThirdPartyInviteLevel]);
}
