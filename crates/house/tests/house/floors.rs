//! The floors of `docs/ARCHITECTURE.md` against the dependencies of the workspace.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use cargo_metadata::{DependencyKind, Metadata};

use crate::{refuse, repository};

/// A row of the table of floors.
#[derive(Debug)]
pub(crate) struct Floor {
    pub(crate) number: u8,
    pub(crate) package: String,
    pub(crate) folder: String,
    pub(crate) later: bool,
}

/// A row of the table of crates beside the floors.
#[derive(Debug)]
struct Beside {
    package: String,
    folder: String,
    uses_floors: Option<RangeInclusive<u8>>,
    uses_packages: BTreeSet<String>,
    used_by_tests: bool,
}

/// What the document says.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) floors: Vec<Floor>,
    beside: Vec<Beside>,
}

/// What a package of the workspace is.
struct Member {
    package: String,
    folder: String,
    published: bool,
    arrows: Vec<(DependencyKind, String)>,
}

/// The rows of the first table below a heading, without its header.
fn rows(document: &str, heading: &str) -> Result<Vec<Vec<String>>, String> {
    let rows: Vec<Vec<String>> = document
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    if rows.is_empty() {
        return Err(format!("no table below {heading:?}"));
    }
    match rows.iter().flatten().find(|cell| cell.is_empty()) {
        Some(_) => Err(format!("an empty cell in the table below {heading:?}")),
        None => Ok(rows),
    }
}

fn code(cell: &str) -> Result<&str, String> {
    cell.strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'))
        .ok_or_else(|| format!("{cell:?} is no name in backticks"))
}

/// Reads both tables.
pub(crate) fn plan(document: &str) -> Result<Plan, String> {
    let mut floors = Vec::new();
    for row in rows(document, "## Floors")? {
        let [floor, name, _lives, _never] = &*row else {
            return Err(format!("a floor has four cells: {row:?}"));
        };
        let planned = name.strip_suffix(" (later)");
        let name = code(planned.unwrap_or(name))?;
        floors.push(Floor {
            number: floor.parse().map_err(|_| format!("{floor:?} is no floor"))?,
            package: format!("exeunt-{name}"),
            folder: format!("crates/{name}"),
            later: planned.is_some(),
        });
    }
    let mut beside = Vec::new();
    for row in rows(document, "## Beside the floors")? {
        let [package, folder, _purpose, uses, used_by] = &*row else {
            return Err(format!("a crate beside the floors has five cells: {row:?}"));
        };
        let mut row = Beside {
            package: code(package)?.to_owned(),
            folder: code(folder)?.to_owned(),
            uses_floors: None,
            uses_packages: BTreeSet::new(),
            used_by_tests: match &**used_by {
                "tests" => true,
                "nobody" => false,
                _ => return Err(format!("{used_by:?} is neither \"tests\" nor \"nobody\"")),
            },
        };
        for part in uses.split(", ").filter(|part| *part != "nothing") {
            if let Some((first, last)) =
                part.strip_prefix("floors ").and_then(|range| range.split_once(" to "))
            {
                let floor = |text: &str| text.parse().map_err(|_| format!("{part:?}: no floors"));
                row.uses_floors = Some(floor(first)?..=floor(last)?);
            } else {
                row.uses_packages.insert(code(part)?.to_owned());
            }
        }
        beside.push(row);
    }
    Ok(Plan { floors, beside })
}

impl Plan {
    fn floor(&self, package: &str) -> Option<&Floor> {
        self.floors.iter().find(|floor| floor.package == package)
    }

    fn beside(&self, package: &str) -> Option<&Beside> {
        self.beside.iter().find(|row| row.package == package)
    }

    /// Whether one listed package may depend on another package of the workspace.
    fn permits(&self, from: &str, kind: DependencyKind, to: &str) -> bool {
        let test = kind == DependencyKind::Development;
        if let Some(from) = self.floor(from) {
            self.floor(to).is_some_and(|to| test || to.number < from.number)
                || self.beside(to).is_some_and(|to| test && to.used_by_tests)
        } else if let Some(from) = self.beside(from) {
            from.uses_packages.contains(to)
                || from.uses_floors.as_ref().is_some_and(|floors| {
                    self.floor(to).is_some_and(|to| floors.contains(&to.number))
                })
        } else {
            false
        }
    }
}

/// What the plan refuses about the packages of the workspace.
fn complaints(plan: &Plan, members: &[Member]) -> Vec<String> {
    let mut complaints = Vec::new();
    let there: BTreeSet<&str> = members.iter().map(|member| &*member.package).collect();

    let floors = plan.floors.iter().map(|floor| (&*floor.package, floor.later));
    for (package, later) in floors.chain(plan.beside.iter().map(|row| (&*row.package, false))) {
        match (later, there.contains(package)) {
            (false, false) => complaints.push(format!("{package} is listed and not there")),
            (true, true) => complaints.push(format!("{package} is there and listed as later")),
            _ => {}
        }
    }

    for member in members {
        let package = &*member.package;
        let folder = match (plan.floor(package), plan.beside(package)) {
            (Some(floor), None) => &floor.folder,
            (None, Some(row)) => &row.folder,
            (None, None) => {
                complaints.push(format!("{package} is there and not listed"));
                continue;
            }
            (Some(_), Some(_)) => {
                complaints.push(format!("{package} is listed twice"));
                continue;
            }
        };
        if member.folder != *folder {
            complaints.push(format!("{package} is in {}, not in {folder}", member.folder));
        }
        // The façade is the one crate beside the floors that is for others.
        if plan.beside(package).is_some() && package != "exeunt" && member.published {
            complaints.push(format!("{package} lacks `publish = false`"));
        }
        for (kind, to) in member.arrows.iter().filter(|(_, to)| there.contains(&**to)) {
            if !plan.permits(package, *kind, to) {
                complaints.push(format!("{package} may not depend on {to} ({kind})"));
            }
        }
    }
    complaints
}

fn members(metadata: &Metadata) -> Vec<Member> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Member {
            package: package.name.to_string(),
            folder: package
                .manifest_path
                .parent()
                .unwrap()
                .strip_prefix(&metadata.workspace_root)
                .unwrap()
                .to_string()
                .replace('\\', "/"),
            published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            arrows: package.dependencies.iter().map(|d| (d.kind, d.name.clone())).collect(),
        })
        .collect()
}

#[test]
fn every_crate_and_every_arrow_is_in_the_plan() {
    let plan = plan(&repository::read("docs/ARCHITECTURE.md")).unwrap();
    refuse(&complaints(&plan, &members(&repository::workspace())));
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
## Floors

| floor | crate | lives | never |
|---|---|---|---|
| 0 | `low` | a | b |
| 1 | `left` | a | b |
| 1 | `right` | a | b |
| 2 | `planned` (later) | a | b |

## Beside the floors

| package | folder | purpose | uses | used by |
|---|---|---|---|---|
| `exeunt` | `crates/exeunt` | a | floors 0 to 1 | nobody |
| `exeunt-data` | `crates/data` | a | nothing | tests |
| `exeunt-speed` | `speed` | a | floors 0 to 0, `exeunt-data` | nobody |
";

    fn member(name: &str, arrows: &[(DependencyKind, &str)]) -> Member {
        Member {
            package: if name.is_empty() { "exeunt".to_owned() } else { format!("exeunt-{name}") },
            folder: match name {
                "" => "crates/exeunt".to_owned(),
                "speed" => "speed".to_owned(),
                _ => format!("crates/{name}"),
            },
            published: name.is_empty(),
            arrows: arrows.iter().map(|(kind, to)| (*kind, (*to).to_owned())).collect(),
        }
    }

    /// What is refused when one member of an otherwise good workspace is replaced or added.
    fn with(changed: Member) -> Vec<String> {
        use DependencyKind::{Development, Normal};
        let mut members = vec![
            member("low", &[(Normal, "serde"), (Development, "exeunt-data")]),
            member("left", &[(Normal, "exeunt-low"), (Development, "exeunt-right")]),
            member("right", &[(DependencyKind::Build, "exeunt-low")]),
            member("", &[(Normal, "exeunt-left")]),
            member("data", &[]),
            member("speed", &[(Normal, "exeunt-low"), (Development, "exeunt-data")]),
        ];
        members.retain(|member| member.package != changed.package);
        members.push(changed);
        complaints(&plan(DOCUMENT).unwrap(), &members)
    }

    #[test]
    fn a_workspace_as_planned_passes() {
        assert_eq!(with(member("data", &[])), [""; 0]);
    }

    #[test]
    fn arrows_that_point_sideways_or_up_are_refused() {
        use DependencyKind::{Build, Development, Normal};
        for (from, kind, to) in [
            ("low", Normal, "exeunt-left"),
            ("low", Build, "exeunt-left"),
            ("left", Normal, "exeunt-right"),
            ("left", Normal, "exeunt-data"),
            ("left", Build, "exeunt-data"),
            ("left", Development, "exeunt-speed"),
            ("left", Development, "exeunt"),
            ("data", Development, "exeunt-low"),
            ("speed", Normal, "exeunt-left"),
        ] {
            assert_eq!(
                with(member(from, &[(kind, to)])),
                [format!("exeunt-{from} may not depend on {to} ({kind})")]
            );
        }
    }

    #[test]
    fn crates_that_are_missing_unlisted_misplaced_or_published_are_refused() {
        let mut moved = member("low", &[]);
        moved.folder = "low".to_owned();
        assert_eq!(with(moved), ["exeunt-low is in low, not in crates/low"]);

        let mut published = member("data", &[]);
        published.published = true;
        assert_eq!(with(published), ["exeunt-data lacks `publish = false`"]);

        assert_eq!(with(member("new", &[])), ["exeunt-new is there and not listed"]);
        assert_eq!(with(member("planned", &[])), ["exeunt-planned is there and listed as later"]);
        let nothing = complaints(&plan(DOCUMENT).unwrap(), &[]);
        assert_eq!(nothing.len(), 6, "{nothing:?}");
        assert!(nothing.contains(&"exeunt-low is listed and not there".to_owned()));
        assert!(nothing.contains(&"exeunt-data is listed and not there".to_owned()));
    }

    #[test]
    fn tables_that_say_nothing_are_refused() {
        for (from, to) in [
            ("## Floors", "## Storeys"),
            ("| 1 | `left` | a | b |", "| 1 | `left` | a | |"),
            ("| 1 | `left` | a | b |", "| 1 | left | a | b |"),
            ("| 1 | `left` | a | b |", "| 1 | `left` | a |"),
            ("| 1 | `left` | a | b |", "| first | `left` | a | b |"),
            ("| tests |", "| somebody |"),
            ("floors 0 to 0", "floors 0 to many"),
        ] {
            assert!(DOCUMENT.contains(from));
            assert!(plan(&DOCUMENT.replace(from, to)).is_err(), "{to}");
        }
    }
}
