//! The report as `JUnit` XML, which CI systems show.

use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::Run;
use super::report::Class;

/// A suite for each room version and family. What agrees is counted in one case, so that a file stays
/// small; what does not is a case each.
pub(super) fn write(run: &Run<'_>) -> Result<String, String> {
    let mut suites = Suites::new(format!("exeunt conform: {}", run.claims.name));
    let conduct = run.claims.problem.iter().chain(&run.lapses);
    let conduct: Vec<_> = conduct.map(String::as_str).collect();
    if !conduct.is_empty() {
        let mut suite = TestSuite::new("conduct");
        suite.add_test_case(case("conduct", failure(conduct.join("\n"))));
        suites.add_test_suite(suite);
    }
    for ((version, family), counts) in &run.report.rows {
        let mut suite = TestSuite::new(format!("room version {} {family}", version.id));
        for (class, count) in counts.iter().filter(|(class, _)| !class.is_failure()) {
            let status = match class {
                Class::Agrees | Class::AgreesByReading => TestCaseStatus::success(),
                _ => TestCaseStatus::skipped(),
            };
            suite.add_test_case(case(&format!("{} ({count})", class.name()), status));
        }
        let findings = run.report.findings.iter().filter(|finding| {
            let vector = &finding.vector;
            finding.excluded.is_none()
                && finding.family == *family
                && vector.room_version().unwrap_or("any") == version.id
        });
        for finding in findings {
            let vector = &finding.vector;
            let mut said =
                format!("{}: {}\n{}", finding.class.name(), finding.what, vector.comment);
            if let Some(reading) = &finding.reading {
                said.push_str("\nexplained by the reading ");
                said.push_str(reading);
            }
            suite.add_test_case(case(&vector.id, failure(said)));
        }
        suites.add_test_suite(suite);
    }
    suites.to_string().map_err(|error| error.to_string())
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    TestCase::new(name.to_owned(), status)
}

fn failure(said: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let first = said.lines().next().unwrap_or_default().to_owned();
    status.set_message(first);
    status.set_description(said);
    status
}
