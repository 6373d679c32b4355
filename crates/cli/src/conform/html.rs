//! The report as a page.

use maud::{DOCTYPE, Markup, html};

use super::Run;
use super::groups::groups;
use super::report::Class;

const STYLE: &str = "body{font:16px/1.4 sans-serif;max-width:72em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{padding:.1em .6em;text-align:right}\
    td:nth-child(2),th:nth-child(2){text-align:left}.bad{color:#b00}\
    pre{overflow-x:auto;background:#f4f4f4;padding:.5em}";

#[allow(clippy::unnecessary_wraps, reason = "one signature for all forms of the report")]
pub(super) fn write(run: &Run<'_>) -> Result<String, String> {
    let name = &run.claims.name;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Conformance of " (name) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { "Conformance of " (name) }
                p { "Asked by " code { "exeunt conform -- " (run.command) } "." }
                @if let Some(problem) = &run.claims.problem { p.bad { (problem) } }
                (table(run))
                (differences(run))
                (conduct(run))
            }
        }
    };
    Ok(page.into_string())
}

fn table(run: &Run<'_>) -> Markup {
    let report = &run.report;
    let shown: Vec<_> = Class::ALL.into_iter().filter(|class| report.total(*class) > 0).collect();
    html! {
        h2 { "By room version and family" }
        table {
            tr { th { "version" } th { "family" } @for class in &shown { th { (class.name()) } } }
            @for ((version, family), counts) in &report.rows {
                tr {
                    td { (version.id) }
                    td { (family) }
                    @for class in &shown {
                        @match counts.get(class) {
                            None => { td { "·" } }
                            Some(count) => {
                                td.bad[class.is_failure()] { (count) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn differences(run: &Run<'_>) -> Markup {
    let groups = groups(&run.report.findings);
    html! {
        h2 { "Differences" }
        @if groups.is_empty() { p { "None." } }
        @for group in &groups {
            h3 { (group.family) ": " (group.class.name()) " (" (group.findings.len()) ")" }
            p { (group.what) }
            p { "Room versions " (group.versions.join(", ")) "." }
            @if let Some(reading) = group.reading {
                p { "Explained by the reading " code { (reading) } "." }
            }
            @if !group.rules.is_empty() { p { "Decided by " (group.rules.join(", ")) "." } }
            details {
                summary { "Vectors" }
                @for finding in &group.findings {
                    p { code { (finding.vector.id) } ": " (finding.vector.comment) }
                }
                @if let Some(finding) = group.findings.first() {
                    pre { (finding.vector.request.as_received()) }
                    pre { "expected " (finding.vector.response.as_received()) }
                    @if let Some(answer) = &finding.answer { pre { "answered " (answer) } }
                }
            }
        }
    }
}

fn conduct(run: &Run<'_>) -> Markup {
    let report = &run.report;
    let excluded: Vec<_> = report.findings.iter().filter(|it| it.excluded.is_some()).collect();
    html! {
        @if !report.readings.is_empty() {
            h2 { "Readings of ambiguous sentences" }
            ul {
                @for (reading, count) in &report.readings {
                    li { code { (reading) } " (" (count) " vectors)" }
                }
            }
        }
        @if !excluded.is_empty() {
            h2 { "Excluded" }
            ul {
                @for finding in excluded {
                    li { code { (finding.vector.id) } ": " (finding.excluded.unwrap_or("")) }
                }
            }
        }
        @if !run.lapses.is_empty() {
            h2 { "Failures after which it was asked the same again, alone" }
            ul { @for what in &run.lapses { li { (what) } } }
        }
        p { "Started " (run.starts) " times." }
    }
}
