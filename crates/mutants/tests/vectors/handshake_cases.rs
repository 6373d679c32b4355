//! The 127 cases of `docs/HANDSHAKES.md`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use exeunt_homeserver::Settings;

use crate::house::Scene;
use crate::{invites, joins, leave_body, make_leave, send_leave};

/// One version is enough: where the cases differ, they do by what servers without mistakes do.
const VERSION: u8 = 11;

/// The cases in which a server answers what the text does not let it, by name.
pub(crate) fn wrong() -> Vec<String> {
    let scene = Scene::new(&VERSION.to_string(), Settings::default());
    let sections = [
        make_leave::cases(),
        send_leave::cases(),
        leave_body::cases(),
        joins::cases(),
        invites::cases(),
    ];
    let cases = sections.into_iter().flatten().filter(|case| case.is_in(VERSION));
    let is_wrong = |case: &crate::case::Case| {
        let mut scene = scene.clone();
        let answer = catch_unwind(AssertUnwindSafe(|| (case.play)(&mut scene)));
        let demand = (case.text.demand)(VERSION);
        // A case that cannot even be built comes out wrong too.
        answer.map_or(true, |answer| !(demand.is_met_by(&answer) && demand.is_fitted_by(&answer)))
    };
    cases.filter(is_wrong).map(|case| case.name.to_owned()).collect()
}
