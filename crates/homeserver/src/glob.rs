//! Glob-style matching. <https://spec.matrix.org/v1.19/appendices/#glob-style-matching>

/// Whether all of `text` matches: `*` stands for any characters or none, `?` for exactly one.
/// Nothing takes its meaning from either.
///
/// Only ASCII letters have a case to ignore: what is matched are server names, and by the cases of
/// all of Unicode a glob could name them with letters that they cannot have (U+212A, the Kelvin
/// sign, is a capital of `k`).
///
/// Where the text does not go on as the glob does, the last star alone takes one character more:
/// whatever an earlier star could take instead, the last one can take as well. So the cost is at
/// most the product of the lengths.
pub(crate) fn matches(glob: &str, text: &str, ignore_case: bool) -> bool {
    let (mut glob, mut text) = (glob.chars(), text.chars());
    // What follows the last star, and the text that the star has not taken.
    let mut star = None;
    loop {
        let rest = text.clone();
        match (glob.next(), text.next()) {
            (Some('*'), _) => {
                text = rest;
                star = Some((glob.clone(), text.clone()));
            }
            (Some(wanted), Some(found)) if is_match(wanted, found, ignore_case) => {}
            (None, None) => return true,
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((after_star, not_taken)) = &mut star else { return false };
                not_taken.next();
                (glob, text) = (after_star.clone(), not_taken.clone());
            }
        }
    }
}

fn is_match(wanted: char, found: char, ignore_case: bool) -> bool {
    wanted == '?' || wanted == found || (ignore_case && wanted.eq_ignore_ascii_case(&found))
}

#[cfg(test)]
mod tests {
    use exeunt_regressions::proptest::prelude::*;

    use super::matches;

    /// The two sentences of the appendix, and nothing else.
    fn by_definition(glob: &[char], text: &[char], ignore_case: bool) -> bool {
        match (glob, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                (0..=text.len()).any(|taken| by_definition(rest, &text[taken..], ignore_case))
            }
            (['?', glob @ ..], [_, text @ ..]) => by_definition(glob, text, ignore_case),
            ([one, glob @ ..], [other, text @ ..]) => {
                let same = if ignore_case { one.eq_ignore_ascii_case(other) } else { one == other };
                same && by_definition(glob, text, ignore_case)
            }
            _ => false,
        }
    }

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (glob, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a.b", true),
            ("?", "", false),
            ("?", "ü", true),
            ("?", "ab", false),
            ("**", "", true),
            ("*?*", "", false),
            ("*.example", "a.b.example", true),
            ("*.example", ".example", true),
            ("*.example", "example", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*aab", "aaab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[ab]", "a", false),
            (r"\*", "*", false),
            (r"\*", r"\x", true),
        ] {
            assert_eq!(matches(glob, text, false), expected, "{glob} on {text}");
        }
    }

    #[test]
    fn case_is_ignored_when_asked_and_only_that_of_ascii() {
        assert!(matches("EVIL.*", "evil.example", true));
        assert!(!matches("EVIL.*", "evil.example", false));
        assert!(!matches("\u{212a}", "k", true));
    }

    /// With backtracking into earlier stars this would take longer than the universe will last.
    #[test]
    fn many_stars_cost_no_more_than_the_product_of_the_lengths() {
        assert!(!matches(&"*a".repeat(1000), &"a".repeat(999), true));
        assert!(!matches(&("*a".repeat(500) + "b"), &"a".repeat(2000), true));
    }

    proptest! {
        #![proptest_config(exeunt_regressions::config!(cases = 2000))]

        #[test]
        fn matching_is_as_the_appendix_defines_it(
            glob in "[ab*?A]{0,8}",
            text in "[abAü]{0,8}",
            ignore_case: bool,
        ) {
            let (glob_chars, text_chars): (Vec<_>, Vec<_>) =
                (glob.chars().collect(), text.chars().collect());
            let expected = by_definition(&glob_chars, &text_chars, ignore_case);
            prop_assert_eq!(matches(&glob, &text, ignore_case), expected);
        }
    }
}
