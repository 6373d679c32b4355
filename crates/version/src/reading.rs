//! Readings: where the text is ambiguous, or everybody deploys something else, a switch names the
//! choice. The default is the text.

use std::str::FromStr;

/// A name or a choice that no reading has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    /// No reading has that name.
    #[error("there is no reading {0:?}")]
    UnknownReading(String),
    /// The reading has no such choice.
    #[error("reading {reading:?} has no choice {choice:?}; it has {choices}")]
    UnknownChoice {
        /// The reading.
        reading: &'static str,
        /// What was asked for.
        choice: String,
        /// What there is.
        choices: String,
    },
}

/// One reading as a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The name, as the line protocol and the command have it.
    pub name: &'static str,
    /// The question that the text leaves open.
    pub question: &'static str,
    /// The choices: name and what it means. The first is the default.
    pub choices: &'static [(&'static str, &'static str)],
}

macro_rules! readings {
    ($($field:ident: $kind:ident, $question:literal {
        $first:ident $first_name:literal $first_meaning:literal,
        $($choice:ident $name:literal $meaning:literal,)+
    })+) => {
        $(
            #[doc = $question]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub enum $kind {
                #[default]
                #[doc = $first_meaning]
                $first,
                $(#[doc = $meaning] $choice,)+
            }

            impl FromStr for $kind {
                type Err = ReadingError;

                fn from_str(choice: &str) -> Result<Self, ReadingError> {
                    match choice {
                        $first_name => Ok(Self::$first),
                        $($name => Ok(Self::$choice),)+
                        _ => Err(ReadingError::UnknownChoice {
                            reading: stringify!($field),
                            choice: choice.to_owned(),
                            choices: [$first_name, $($name),+].join(", "),
                        }),
                    }
                }
            }

            impl $kind {
                /// The name of the choice.
                pub fn name(self) -> &'static str {
                    match self { Self::$first => $first_name, $(Self::$choice => $name,)+ }
                }
            }
        )+

        /// How ambiguous sentences are read.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct Readings { $(#[doc = $question] pub $field: $kind,)+ }

        impl Readings {
            /// Every reading, for tables and for those who want to try them all.
            pub const ALL: &'static [Reading] = &[$(Reading {
                name: stringify!($field),
                question: $question,
                choices: &[($first_name, $first_meaning), $(($name, $meaning),)+],
            },)+];

            /// Sets the reading of that name.
            pub fn set(&mut self, reading: &str, choice: &str) -> Result<(), ReadingError> {
                match reading {
                    $(stringify!($field) => self.$field = choice.parse()?,)+
                    _ => return Err(ReadingError::UnknownReading(reading.to_owned())),
                }
                Ok(())
            }

            /// The choice in force for the reading of that name.
            pub fn get(&self, reading: &str) -> Option<&'static str> {
                match reading {
                    $(stringify!($field) => Some(self.$field.name()),)+
                    _ => None,
                }
            }
        }
    };
}

readings! {
    duplicate_keys: DuplicateKeys, "Of duplicate keys in a JSON object, which counts?" {
        Last "last" "The last one, as in every deployed parser.",
        Error "error" "None: the JSON is malformed.",
    }
    lenient_numbers: LenientNumbers, "How are numbers that strict canonical JSON forbids written in versions 1 to 5?" {
        Value "value" "By value: an integer is written as such, whatever its spelling; anything else as the shortest decimal that reads back as the same double.",
        Python "python" "As Python writes them: a number spelled as a float stays a float (`1.0`, `1e+16`).",
    }
    reference_hashes: ReferenceHashes, "Must an entry of `prev_events` or `auth_events` carry the hash of the event that it names (versions 1 and 2)?" {
        Optional "optional" "No: the hashes are an object, which may be empty, as deployed servers send it. Nothing ever reads them.",
        Required "required" "Yes: an object with a string `sha256`, as the schema has it.",
    }
    content_hash: ContentHash, "Which top-level keys does the content hash leave out?" {
        Text "text" "`unsigned`, `signatures` and `hashes`.",
        Synapse "synapse" "Also `age_ts`, `outlier` and `destinations`.",
    }
    redacted_third_party_invite: RedactedThirdPartyInvite, "What does redaction keep of a `third_party_invite` without `signed` (version 11 and later)?" {
        Nothing "nothing" "Nothing.",
        Empty "empty" "An empty object.",
    }
    redacted_create_room_id: RedactedCreateRoomId, "What does redaction do to the `room_id` of a create event that has one, although its ID is to become the room's (version 12)?" {
        Kept "kept" "It keeps it, as in every event. (Rule 1.2 rejects such an event anyway.)",
        Stripped "stripped" "It strips it, so that the event ID and the signatures do not cover it.",
    }
    ed25519: Ed25519, "Which Ed25519 signatures are valid at the edges?" {
        Rfc8032 "rfc8032" "RFC 8032: points and scalars in canonical encoding, and the equation multiplied by the cofactor. Small-order keys are valid.",
        Cofactorless "cofactorless" "The equation without the cofactor, comparing the encoding of R, as NaCl and most libraries do; keys may be encoded non-canonically.",
        Strict "strict" "Cofactorless, and neither the key nor R may have small order.",
    }
    third_party_invite_server: ThirdPartyInviteServer, "Must the sender's server sign a third-party invite whose event ID names it (versions 1 and 2)?" {
        Signs "signs" "Yes, as any server that the event ID names and that is not the one that sends the event: the invited user's server does.",
        NeedNotSign "need_not_sign" "No: it is the originating server, and of a third-party invite that need not have signed.",
    }
    recognised_version: RecognisedVersion, "Does rule 1.3 look at `content.room_version` of a create event?" {
        Checked "checked" "Yes: a version that is not recognised is rejected.",
        Caller "caller" "No: whoever chose the room version has looked already.",
    }
    special_state_key: SpecialStateKey, "Is an `m.room.create` or `m.room.power_levels` event with a state key that is not empty subject to the rules of its type?" {
        Any "any" "Yes: the rules speak of the type alone.",
        Empty "empty" "No: only with the empty state key is it *the* event.",
    }
    m_federate: MFederate, "Which `m.federate` closes a room to other servers?" {
        OnlyFalse "only_false" "`false`.",
        NotTrue "not_true" "Anything but `true` or absence; and the target of a membership must be local too.",
    }
    absent_join_rules: AbsentJoinRules, "What is the join rule of a room without `m.room.join_rules`?" {
        None "none" "None: no rule that names a join rule applies, so a join is rejected.",
        Invite "invite" "`invite`.",
    }
    null_third_party_invite: NullThirdPartyInvite, "Is a `third_party_invite` of `null` there?" {
        Present "present" "Yes: present is present.",
        Absent "absent" "No.",
    }
    third_party_signatures: ThirdPartySignatures, "A third-party invite has a bad signature before a good one:" {
        Any "any" "Any matching signature allows it.",
        First "first" "The first one that does not match rejects it.",
    }
    invite_to_knock: InviteToKnock, "May an invited user knock?" {
        Forbidden "forbidden" "No (text since 2024).",
        Allowed "allowed" "Yes (text and servers between 2022 and 2024).",
    }
    level_strings: LevelStrings, "Which strings are power levels (versions 1 to 9)?" {
        Text "text" "A decimal integer with an optional sign and white space around it.",
        Python "python" "What Python's `int()` takes: also underscores between digits, digits of other scripts, and `true` and `false`.",
    }
    malformed_levels: MalformedLevels, "A level outside `users` is no integer in versions 1 to 9, where no numbered rule says so:" {
        Rejected "rejected" "The event is rejected: the section on values as strings says which forms they must have.",
        Ignored "ignored" "The level counts as absent.",
    }
    absent_users: AbsentUsers, "Power levels without `users`: \"not an object\"?" {
        Allowed "allowed" "What is absent is not checked.",
        Rejected "rejected" "What is absent is no object.",
    }
    power_levels_users: PowerLevelsUsers, "Which keys of `users` are valid user IDs?" {
        UserIds "user_ids" "User IDs with their historical leniency.",
        SigilAndColon "sigil_and_colon" "Anything that starts with @ and has a colon.",
    }
    absent_level: AbsentLevel, "The current or new value of a level that was added or removed is" {
        Default "default" "its default.",
        Nothing "nothing" "nothing, so that side is not compared.",
    }
    additional_creators: AdditionalCreators, "Which user IDs may be additional creators (version 12)?" {
        AsSender "as_sender" "Those that may be senders.",
        Strict "strict" "Those of the current grammar, without the historical leniency.",
    }
    targetless_redaction: TargetlessRedaction, "A redaction names no event, and its sender lacks the redact level (versions 1 and 2):" {
        Rejected "rejected" "Rule 11 rejects it: there is no domain that could be the same.",
        Allowed "allowed" "It is allowed.",
    }
    own_auth_chain: OwnAuthChain, "Does an event belong to its own auth chain, when state resolution computes the auth difference?" {
        Excluded "excluded" "No: the chain is what its `auth_events` lead to.",
        Included "included" "Yes: the events of a state count as part of that state's full auth chain.",
    }
    power_event_chain: PowerEventChain, "How far does state resolution follow the auth chain of a power event, to enlarge the set of power events and to put them in topological order?" {
        Whole "whole" "The whole chain, through events outside of the full conflicted set too.",
        Conflicted "conflicted" "Up to the first event outside of the full conflicted set.",
    }
    power_events: PowerEvents, "Which events are power events?" {
        Text "text" "Power levels, join rules, and leaves and bans of somebody else.",
        Synapse "synapse" "Also `m.room.create`; and the types with a single entry only with an empty state key.",
    }
    power_ordering: PowerOrdering, "Which events compete for the next place in the reverse topological power ordering?" {
        Candidates "candidates" "All whose auth events have their places: at each step the smallest of them.",
        Layers "layers" "Those that were free to be placed when the last of the earlier ones was: each layer is sorted and placed whole (specification issue 553).",
    }
    rejected_in_resolution: RejectedInResolution, "An event that was rejected by the state before it takes part in state resolution:" {
        TakesPart "takes_part" "It is checked like any other and may win. Only as an auth event that stands in for a missing entry it is not used.",
        LeftOut "left_out" "It is left out of what is checked, and so cannot win.",
        Powerless "powerless" "It may win, but authorises nothing, neither as an auth event nor as an entry of the state.",
        Skipped "skipped" "It takes its place in the orderings, but is not checked there and does not win; and it authorises nothing.",
    }
    v1_failed: V1Failed, "State resolution v1: no candidate for a key passes the authorisation rules." {
        LeftOut "left_out" "The key has no entry in the result.",
        Lowest "lowest" "The candidate of the lowest depth is the entry.",
    }
    v1_members: V1Members, "State resolution v1: conflicts between membership events are resolved" {
        EachUser "each_user" "one by one: a conflict is about one state key. Each starts from the state as it is after the join rules, and the results enter it together.",
        OneList "one_list" "in one list over all users, up to the first event that is not allowed.",
    }
    soft_failure: SoftFailure, "Is an event checked against the current state if its `prev_events` are exactly the forward extremities?" {
        Checked "checked" "Yes.",
        SkippedAtExtremities "skipped_at_extremities" "No: the state before it is the current state.",
    }
}

impl Readings {
    /// `docs/READINGS.md`: every reading with its question and its choices.
    pub fn markdown() -> String {
        let mut text = String::from(
            "# Readings\n\nWhere the text of the specification is ambiguous, or everybody deploys \
             something else, a named switch\nsays which way it is read. The first choice is the \
             default: the text.\n\n`exeunt verify --reading name=choice` sets one, as does \
             `\"readings\": {\"name\": \"choice\"}` in a question\nto `exeunt oracle`. This page is \
             what `exeunt rules --readings` prints.\n",
        );
        for Reading { name, question, choices } in Self::ALL {
            text.extend(["\n## `", name, "`\n\n", question, "\n\n"]);
            for (choice, meaning) in *choices {
                text.extend(["- `", choice, "`: ", meaning, "\n"]);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_is_the_default_and_every_choice_can_be_set_by_name() {
        for reading in Readings::ALL {
            assert_eq!(Readings::default().get(reading.name), Some(reading.choices[0].0));
            for (choice, _) in reading.choices {
                let mut readings = Readings::default();
                readings.set(reading.name, choice).unwrap();
                assert_eq!(readings.get(reading.name), Some(*choice));
            }
        }
    }

    #[test]
    fn an_unknown_reading_or_choice_is_an_error_that_names_it() {
        let mut readings = Readings::default();
        assert_eq!(
            readings.set("colour", "blue").unwrap_err().to_string(),
            "there is no reading \"colour\""
        );
        assert_eq!(
            readings.set("ed25519", "blue").unwrap_err().to_string(),
            "reading \"ed25519\" has no choice \"blue\"; it has rfc8032, cofactorless, strict"
        );
        assert_eq!(readings, Readings::default());
    }
}
