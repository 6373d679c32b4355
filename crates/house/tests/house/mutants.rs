//! Mistakes on purpose are in no build that did not ask for them.

use crate::{refuse, repository};

/// The packages that may have the feature. None of them has it unless asked.
const ALLOWED: [&str; 3] = ["exeunt-cli", "exeunt-mutants", "exeunt-version"];
const FEATURE: &str = "mutants";

/// Of a package: its name, its features with what they enable, and the features that its
/// dependencies always have.
type Package<'p> = (&'p str, Vec<(&'p str, Vec<&'p str>)>, Vec<&'p str>);

fn complaints(packages: &[Package<'_>]) -> Vec<String> {
    let is_it = |feature: &str| feature == FEATURE || feature.ends_with("/mutants");
    let mut complaints = Vec::new();
    for (package, features, of_dependencies) in packages {
        for (feature, enables) in features {
            let may_have = *feature == FEATURE && ALLOWED.contains(package);
            if !may_have && (is_it(feature) || enables.iter().any(|enabled| is_it(enabled))) {
                complaints.push(format!("{package} has mutants by its feature {feature}"));
            }
        }
        if of_dependencies.iter().any(|feature| is_it(feature)) {
            complaints.push(format!("{package} has mutants whoever builds it"));
        }
    }
    complaints
}

#[test]
fn no_build_has_mutants_unless_asked() {
    let metadata = repository::workspace();
    let packages = metadata.workspace_packages();
    let packages: Vec<_> = packages
        .iter()
        .map(|package| {
            let features = package.features.iter();
            let features = features
                .map(|(name, enables)| (&**name, enables.iter().map(|it| &**it).collect()))
                .collect();
            let dependencies = package.dependencies.iter();
            let always = dependencies.flat_map(|it| it.features.iter().map(|it| &**it)).collect();
            (&**package.name, features, always)
        })
        .collect();
    assert!(packages.iter().any(|(name, features, _)| {
        *name == "exeunt-version" && features.iter().any(|(feature, _)| *feature == FEATURE)
    }));
    refuse(&complaints(&packages));
}

#[test]
fn who_has_mutants_otherwise_is_refused() {
    let of = |package, features, always| complaints(&[(package, features, always)]);
    let feature = || vec![("mutants", vec!["exeunt-version/mutants"])];
    assert_eq!(of("exeunt-cli", feature(), vec!["std"]), [""; 0]);
    assert_eq!(of("exeunt-auth", feature(), vec![]).len(), 1);
    assert_eq!(of("exeunt-cli", vec![("default", vec!["mutants"])], vec![]).len(), 1);
    assert_eq!(of("exeunt-room", vec![], vec!["mutants"]).len(), 1);
}
