//! Mistakes on purpose are in no build that did not ask for them.

use crate::{refuse, repository};

/// The packages that may have the feature. None of them has it unless asked.
const ALLOWED: [&str; 3] = ["exeunt-cli", "exeunt-mutants", "exeunt-version"];
const FEATURE: &str = "mutants";

/// Of a package what there is to look at.
struct Package {
    name: String,
    /// Its features, with what they enable.
    features: Vec<(String, Vec<String>)>,
    /// The features that its dependencies always have.
    always: Vec<String>,
}

fn complaints(packages: &[Package]) -> Vec<String> {
    let is_it = |feature: &String| feature == FEATURE || feature.ends_with("/mutants");
    let mut complaints = Vec::new();
    for Package { name, features, always } in packages {
        for (feature, enables) in features {
            let may_have = feature == FEATURE && ALLOWED.contains(&&**name);
            if !may_have && (is_it(feature) || enables.iter().any(is_it)) {
                complaints.push(format!("{name} has mutants by its feature {feature}"));
            }
        }
        if always.iter().any(is_it) {
            complaints.push(format!("{name} has mutants whoever builds it"));
        }
    }
    complaints
}

#[test]
fn no_build_has_mutants_unless_asked() {
    let metadata = repository::workspace();
    let mut packages = Vec::new();
    for package in metadata.workspace_packages() {
        let mut always = Vec::new();
        for dependency in &package.dependencies {
            always.extend(dependency.features.iter().cloned());
        }
        let features = package.features.clone().into_iter().collect();
        packages.push(Package { name: package.name.to_string(), features, always });
    }
    let has_it = |package: &Package| package.features.iter().any(|(name, _)| name == FEATURE);
    assert_eq!(packages.iter().filter(|package| has_it(package)).count(), ALLOWED.len());
    refuse(&complaints(&packages));
}

#[test]
fn who_has_mutants_otherwise_is_refused() {
    let count = |name: &str, features: &[(&str, &str)], always: &str| {
        let features = features.iter();
        let features =
            features.map(|(name, enables)| ((*name).to_owned(), vec![(*enables).to_owned()]));
        let (name, features) = (name.to_owned(), features.collect());
        complaints(&[Package { name, features, always: vec![always.to_owned()] }]).len()
    };
    let feature = ("mutants", "exeunt-version/mutants");
    assert_eq!(count("exeunt-cli", &[feature], "std"), 0);
    assert_eq!(count("exeunt-auth", &[feature], "std"), 1);
    assert_eq!(count("exeunt-cli", &[("default", "mutants")], "std"), 1);
    assert_eq!(count("exeunt-room", &[], "mutants"), 1);
}
