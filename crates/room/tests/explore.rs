use exeunt_event::signatures::Keys;
use exeunt_event::{EventId, json};
use exeunt_room::*;
use exeunt_version::RoomVersion;
#[test]
fn explore() {
    let only = std::env::var("ROOM").ok();
    for rec in exeunt_recordings::rooms() {
        if only.as_ref().is_some_and(|o| *o != rec.name) { continue; }
        let mut version = RoomVersion::specified(&rec.version).unwrap();
        for r in std::env::var("READ").unwrap_or_default().split_whitespace() {
            let (a,b)=r.split_once('=').unwrap();
            version.readings.set(a,b).unwrap();
        }
        let keytext = rec.keys().to_string();
        let parsed = json::parse_lenient(keytext.as_bytes()).unwrap();
        let keys = Keys::from_server_answers(parsed.value.as_object().unwrap(), &version).unwrap();
        let ctx = Context { keys: Some(&keys) };
        let lines = rec.lines(); let exp = rec.expected();
        let mut seq: Vec<(usize, Input)> = Vec::new();
        let mut later: Vec<(u64, usize)> = Vec::new();
        for (i,e) in exp.iter().enumerate() {
            if let Some(p) = &e.persists { for x in p.as_array().unwrap() { if x[1]=="timeline" { later.push((x[0].as_u64().unwrap(), i)); } } }
        }
        for (i,e) in exp.iter().enumerate() {
            while let Some(at) = later.iter().position(|(c,_)| *c == seq.len() as u64) {
                let (_, j) = later.remove(at);
                seq.push((j, Input::Pdu(lines[j].as_slice().into())));
            }
            let pdu: std::sync::Arc<[u8]> = lines[i].as_slice().into();
            let input = if e.missing_prev.is_some() {
                Input::Given { pdu, state: e.state_before.as_ref().unwrap().iter().map(|s| EventId::from_received(s)).collect() }
            } else if e.outlier || e.persists.is_some() { Input::Outlier(pdu) } else { Input::Pdu(pdu) };
            seq.push((i, input));
        }
        for (_, j) in later { seq.push((j, Input::Pdu(lines[j].as_slice().into()))); }
        let mut room = Room::new(version.clone());
        let t = std::time::Instant::now();
        for (_, input) in &seq { room.take(input, ctx); }
        let mut diffs = 0;
        let mut say = |s: String| { diffs += 1; if diffs < 12 { println!("   {}", s); } };
        for (i,e) in exp.iter().enumerate() {
            let id = EventId::from_received(&e.event_id);
            let Some(r) = room.record(&id) else { say(format!("{i} {id} not decided")); continue };
            let sf = matches!(r.standing(), Standing::SoftFailed(_));
            if r.standing().is_rejected() != e.rejected || sf != e.soft_failed {
                say(format!("{i} {id} ours {:?} theirs rej {} sf {} {:?}", r.standing(), e.rejected, e.soft_failed, e.reject_detail));
            }
            for (what, ours, theirs) in [("before", r.state_before(), &e.state_before), ("after", r.state_after(), &e.state_after)] {
                let ours = ours.map(|s| room.event_ids(s).iter().map(|i| i.to_string()).collect::<Vec<_>>());
                if &ours != theirs { 
                    let (o,t) = (ours.clone().unwrap_or_default(), theirs.clone().unwrap_or_default());
                    let only_o: Vec<_> = o.iter().filter(|x| !t.contains(x)).collect(); let only_t: Vec<_> = t.iter().filter(|x| !o.contains(x)).collect();
                    say(format!("{i} {id} {what} ours-only {only_o:?} theirs-only {only_t:?}")); }
            }
        }
        let cur = rec.current();
        let st: Vec<String> = room.event_ids(room.current_state()).iter().map(|i| i.to_string()).collect();
        let mut theirs: Vec<String> = cur["state"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect(); theirs.sort();
        if st != theirs { say(format!("current state differs: ours {} theirs {}", st.len(), theirs.len())); }
        let ex: Vec<String> = room.forward_extremities().iter().map(|i| i.to_string()).collect();
        let mut te: Vec<String> = cur["forward_extremities"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect(); te.sort();
        if ex != te { say(format!("extremities ours {ex:?} theirs {te:?}")); }
        let n = room.pending().count();
        println!("{} {} events, {} pending, {} differences {:?}", rec.name, exp.len(), n, diffs, t.elapsed());
    }
}
