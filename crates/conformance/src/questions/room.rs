//! What becomes of a room, as each server saw it.

use exeunt_event::json::Object;
use exeunt_laws::History;
use exeunt_room::Input;

use super::pool::bare;

pub(super) fn questions(history: &History) -> Vec<Object<'static>> {
    let servers = (0..history.servers.len()).filter_map(|server| of_server(history, server));
    servers.collect()
}

/// What came to a server that began once and was given nothing but PDUs.
fn of_server(history: &History, server: usize) -> Option<Object<'static>> {
    let steps = history.steps.iter().filter(|step| step.server == server);
    let events = steps.map(|step| {
        let is_plain = step.life == 0 && matches!(step.input, Input::Pdu(_));
        step.event.as_ref().filter(|_| is_plain).map(bare)
    });
    let events: Vec<_> = events.collect::<Option<_>>()?;
    let mut question = Object::new();
    question.insert("events", events);
    Some(question)
}
