//! The grammar of the header.

use exeunt_homeserver::{Refusal, XMatrix};
use exeunt_regressions::proptest::prelude::*;

use crate::pieces;

fn x_matrix(origin: &str, destination: Option<&str>, key: &str, sig: &str) -> XMatrix {
    XMatrix {
        origin: origin.to_owned(),
        destination: destination.map(ToOwned::to_owned),
        key: key.to_owned(),
        sig: sig.to_owned(),
    }
}

fn parsed(header: &str) -> XMatrix {
    XMatrix::parse(header).expect(header).expect(header)
}

#[test]
fn the_examples_of_the_text() {
    let (origin, destination) = ("origin.hs.example.com", "destination.hs.example.com");
    let since_v1_3 = "X-Matrix origin=\"origin.hs.example.com\",\
        destination=\"destination.hs.example.com\",key=\"ed25519:key1\",sig=\"ABCDEF...\"";
    let expected = x_matrix(origin, Some(destination), "ed25519:key1", "ABCDEF...");
    assert_eq!(parsed(since_v1_3), expected);
    assert_eq!(expected.to_header(), since_v1_3);
    let until_v1_2 = "X-Matrix origin=origin.example.com,key=\"ed25519:key1\",sig=\"ABCDEF...\"";
    let expected = x_matrix("origin.example.com", None, "ed25519:key1", "ABCDEF...");
    assert_eq!(parsed(until_v1_2), expected);
}

#[test]
fn a_header_of_a_deployed_server() {
    let header = "X-Matrix origin=\"127.0.0.2:8448\",key=\"ed25519:a_ciJD\",\
        sig=\"vrCIZJd82ybMC/JFHctxOCMJajXpvrAr2k/Il0V0/N5+ELyisrqkNL6aN6GzgWsVmA2NzbJc6IZM20a\
        /xzaNBQ\",destination=\"127.0.0.3:8448\"";
    let sig = "vrCIZJd82ybMC/JFHctxOCMJajXpvrAr2k/Il0V0/N5+ELyisrqkNL6aN6GzgWsVmA2NzbJc6IZM20a\
        /xzaNBQ";
    let (origin, destination) = ("127.0.0.2:8448", Some("127.0.0.3:8448"));
    assert_eq!(parsed(header), x_matrix(origin, destination, "ed25519:a_ciJD", sig));
}

#[test]
fn spellings_of_the_same() {
    let expected = x_matrix("one.example:80", Some("two.example"), "ed25519:1", "AB+c");
    for header in [
        // Quotes around everything, or around nothing: a colon needs none.
        r#"X-Matrix origin="one.example:80",destination="two.example",key="ed25519:1",sig="AB+c""#,
        "X-Matrix origin=one.example:80,destination=two.example,key=ed25519:1,sig=AB+c",
        // The scheme and the names in any case, in any order.
        "x-mAtRiX SIG=AB+c,Key=ed25519:1,DESTINATION=two.example,oRigin=one.example:80",
        // Both names of the signature.
        "X-Matrix origin=one.example:80,destination=two.example,key=ed25519:1,signature=AB+c",
        // White space: spaces after the scheme, spaces and tabs around commas and equals signs.
        "X-Matrix   origin=one.example:80 , \t destination=two.example\t,key=ed25519:1 ,sig=AB+c",
        "X-Matrix origin =one.example:80,destination= two.example,key\t=\t\"ed25519:1\",sig=AB+c",
        "\t X-Matrix origin=one.example:80,destination=two.example,key=ed25519:1,sig=AB+c \t",
        // Empty elements of the list.
        "X-Matrix ,,origin=one.example:80, ,destination=two.example,key=ed25519:1,sig=AB+c,\t,",
        "X-Matrix \t, origin=one.example:80,destination=two.example,key=ed25519:1,sig=AB+c",
        // Escapes that need not be.
        r#"X-Matrix origin="o\ne.example\:80",destination="\t\w\o.example",key="ed25519:1",sig="AB+c""#,
        // Unknown parameters, once or twice, with anything in quotes.
        "X-Matrix a=1,origin=one.example:80,A=2,destination=two.example,key=ed25519:1,sig=AB+c",
        r#"X-Matrix x=",origin=\"evil\",",origin=one.example:80,destination=two.example,key=ed25519:1,sig=AB+c"#,
    ] {
        assert_eq!(parsed(header), expected, "{header}");
    }
}

#[test]
fn a_backslash_stands_for_what_follows_it() {
    let header = r#"X-Matrix origin="a\"b",key="\\\\",sig="\	\é""#;
    assert_eq!(parsed(header), x_matrix("a\"b", None, r"\\", "\té"));
}

#[test]
fn an_empty_value_needs_quotes() {
    assert_eq!(parsed(r#"X-Matrix origin="",key="",sig="""#), x_matrix("", None, "", ""));
}

#[test]
fn other_schemes_are_not_ours() {
    for header in [
        "",
        " ",
        "Bearer xyz",
        "Basic dXNlcjpwYXNz",
        "X-Matri origin=a,key=b,sig=c",
        "X-Matrix2 origin=a,key=b,sig=c",
        "X-MatrixOrigin=a,key=b,sig=c",
        "\"X-Matrix\" origin=a,key=b,sig=c",
        ",X-Matrix origin=a,key=b,sig=c",
        "Bearer X-Matrix origin=a,key=b,sig=c",
    ] {
        assert_eq!(XMatrix::parse(header), None, "{header}");
    }
}

#[test]
fn each_fault_has_its_sentence() {
    for (header, reason) in [
        ("X-Matrix", "origin is missing"),
        ("X-Matrix ,", "origin is missing"),
        ("X-Matrix key=b,sig=c", "origin is missing"),
        ("X-Matrix origin=a,sig=c", "key is missing"),
        ("X-Matrix origin=a,key=b", "sig is missing"),
        ("X-Matrix\torigin=a,key=b,sig=c", "no space follows the scheme"),
        ("X-Matrix,origin=a,key=b,sig=c", "no space follows the scheme"),
        ("X-Matrix=a,key=b,sig=c", "no space follows the scheme"),
        ("X-Matrix \torigin=a,key=b,sig=c", "no comma follows a parameter"),
        ("X-Matrix origin=a key=b,sig=c", "no comma follows a parameter"),
        ("X-Matrix origin=\"a\"key=b,sig=c", "no comma follows a parameter"),
        ("X-Matrix origin=\"a\"b,key=b,sig=c", "no comma follows a parameter"),
        ("X-Matrix origin=a,key=b,sig=c;x", "no comma follows a parameter"),
        // Base64 with characters that a token does not have, and brackets.
        ("X-Matrix origin=a,key=b,sig=c/d", "no comma follows a parameter"),
        ("X-Matrix origin=a,key=b,sig=cc==", "no comma follows a parameter"),
        ("X-Matrix origin=[::1]:8448,key=b,sig=c", "a parameter has no value"),
        ("X-Matrix origin=a@b,key=b,sig=c", "no comma follows a parameter"),
        ("X-Matrix origin=é,key=b,sig=c", "a parameter has no value"),
        ("X-Matrix origin=,key=b,sig=c", "a parameter has no value"),
        ("X-Matrix origin= ,key=b,sig=c", "a parameter has no value"),
        ("X-Matrix origin=a,key,sig=c", "a parameter has no value"),
        ("X-Matrix dG9rZW42OA==", "a parameter has no value"),
        ("X-Matrix =a,key=b,sig=c", "a character stands where a parameter's name should"),
        ("X-Matrix \"origin\"=a,key=b", "a character stands where a parameter's name should"),
        ("X-Matrix :origin=a,key=b", "a character stands where a parameter's name should"),
        ("X-Matrix origin=\"a,key=b,sig=c", "a quoted value has no end"),
        ("X-Matrix origin=\"a\\\",key=b", "a quoted value has no end"),
        ("X-Matrix origin=\"a\\", "a quoted value has no end"),
        ("X-Matrix origin=\"a\r\nb\",key=b,sig=c", "a quoted value has a control character"),
        ("X-Matrix origin=\"a\\\u{7f}\",key=b,sig=c", "a quoted value has a control character"),
        ("X-Matrix origin=\"\0\",key=b,sig=c", "a quoted value has a control character"),
        ("X-Matrix origin=a,origin=a,key=b,sig=c", "origin is there twice"),
        ("X-Matrix origin=a,ORIGIN=b,key=b,sig=c", "origin is there twice"),
        ("X-Matrix origin=a,key=b,sig=c,key=d", "key is there twice"),
        ("X-Matrix destination=a,destination=a,key=b", "destination is there twice"),
        ("X-Matrix origin=a,key=b,sig=c,sig=c", "sig is there twice"),
        ("X-Matrix origin=a,key=b,sig=c,signature=c", "sig is there twice"),
        // Two credentials in one header.
        (
            "X-Matrix origin=a,key=b,sig=c, X-Matrix origin=a,key=b,sig=c",
            "a parameter has no value",
        ),
    ] {
        let refusal = Refusal::MalformedAuthorization(reason);
        assert_eq!(XMatrix::parse(header), Some(Err(refusal)), "{header}");
    }
}

#[test]
fn what_is_written_is_what_older_servers_read() {
    let plain = x_matrix("[::1]:8448", Some("two.example"), "ed25519:a_1", "AB/c+");
    let header = plain.to_header();
    assert_eq!(
        header,
        r#"X-Matrix origin="[::1]:8448",destination="two.example",key="ed25519:a_1",sig="AB/c+""#
    );
    assert!(!header.contains('\\') && header.matches(' ').count() == 1);
}

#[test]
fn nothing_written_ends_the_header() {
    let evil = x_matrix("a\r\nHost: b\0", None, "\u{7f}k", "s\n");
    assert_eq!(evil.to_header(), r#"X-Matrix origin="aHost: b",key="k",sig="s""#);
}

/// Without what no header can have.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| *c == '\t' || !c.is_ascii_control()).collect()
}

/// A parameter in one of the spellings that mean the same.
fn spelled(name: &'static str, value: String) -> impl Strategy<Value = String> {
    let token = !value.is_empty()
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(c));
    let space = "[ \t]{0,2}";
    let cases = prop::collection::vec(any::<bool>(), name.len());
    let escapes = prop::collection::vec(any::<bool>(), value.chars().count());
    (cases, escapes, any::<bool>(), space, space).prop_map(
        move |(cases, escapes, quoted, before, after)| {
            let case = |(c, upper): (char, &bool)| if *upper { c.to_ascii_uppercase() } else { c };
            let name: String = name.chars().zip(&cases).map(case).collect();
            if token && !quoted {
                return format!("{name}{before}={after}{value}");
            }
            let escape = |(c, escaped): (char, &bool)| {
                let backslash = if *escaped || c == '"' || c == '\\' { "\\" } else { "" };
                format!("{backslash}{c}")
            };
            let value: String = value.chars().zip(&escapes).map(escape).collect();
            format!("{name}{before}={after}\"{value}\"")
        },
    )
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.:+-]{0,8}",
        "[a-c\"\\\\ ,=\t/]{0,8}",
        any::<String>().prop_map(|text| without_controls(&text)),
    ]
}

fn spelled_header() -> impl Strategy<Value = (String, XMatrix)> {
    (value(), prop::option::of(value()), value(), value())
        .prop_flat_map(|(origin, destination, key, sig)| {
            let expected = XMatrix { origin, destination, key, sig };
            let mut parameters = vec![
                spelled("origin", expected.origin.clone()).boxed(),
                spelled("key", expected.key.clone()).boxed(),
                spelled("sig", expected.sig.clone()).boxed(),
                spelled("unknown", "x,y".to_owned()).boxed(),
                // An empty element.
                Just(String::new()).boxed(),
            ];
            parameters.extend(
                expected.destination.clone().map(|text| spelled("destination", text).boxed()),
            );
            let comma = prop::collection::vec("[ \t]{0,2},[ \t]{0,2}", parameters.len());
            (parameters, comma, " {1,3}", Just(expected))
        })
        .prop_flat_map(|(parameters, commas, spaces, expected)| {
            (Just(parameters).prop_shuffle(), Just(commas), Just(spaces), Just(expected))
        })
        .prop_map(|(parameters, commas, spaces, expected)| {
            let mut header = format!("X-Matrix{spaces}");
            for (parameter, comma) in parameters.iter().zip(&commas) {
                header.push_str(parameter);
                header.push_str(comma);
            }
            (header, expected)
        })
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn what_is_written_is_read(
        [origin, key, sig] in any::<[String; 3]>(),
        destination: Option<String>,
    ) {
        let written = XMatrix { origin, destination, key, sig };
        let header = written.to_header();
        prop_assert_eq!(without_controls(&header), header.clone());
        let expected = XMatrix {
            origin: without_controls(&written.origin),
            destination: written.destination.as_deref().map(without_controls),
            key: without_controls(&written.key),
            sig: without_controls(&written.sig),
        };
        prop_assert_eq!(XMatrix::parse(&header), Some(Ok(expected)));
    }

    #[test]
    fn every_spelling_is_read((header, expected) in spelled_header()) {
        prop_assert_eq!(XMatrix::parse(&header), Some(Ok(expected)));
    }

    #[test]
    fn no_header_panics_and_what_is_read_is_written_again(header in pieces::header()) {
        if let Some(Ok(read)) = XMatrix::parse(&header) {
            prop_assert_eq!(XMatrix::parse(&read.to_header()), Some(Ok(read)));
        }
    }
}
