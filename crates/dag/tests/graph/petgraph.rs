//! petgraph's algorithms, run on the graph directly.

use std::collections::BTreeSet;

use exeunt_dag::{Number, View};
use petgraph::Direction;
use petgraph::algo::dominators::simple_fast;
use petgraph::algo::{has_path_connecting, is_cyclic_directed, kosaraju_scc, tarjan_scc, toposort};
use petgraph::data::DataMap;
use petgraph::dot::{Config, Dot};
use petgraph::visit::{
    Bfs, Dfs, EdgeCount, EdgeRef, IntoEdgeReferences, IntoEdges, IntoEdgesDirected, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCount, NodeIndexable,
    Reversed, Topo, VisitMap, Visitable, Walker,
};
use proptest::prelude::*;

use crate::model::{BOTH, Model, Name, Names, dag, histories, id, name, number, set, steps, view};

#[test]
fn a_room_is_drawn_from_its_latest_event_down() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[1, 9])]));
    let dot = format!("{:?}", Dot::with_config(dag.prev(), &[Config::EdgeNoLabel]));
    let lines: Vec<_> = dot.lines().map(str::trim).collect();
    assert_eq!(lines.first(), Some(&"digraph {"));
    for line in ["1 -> 0 [ ]", "2 -> 1 [ ]", "2 -> 3 [ ]"] {
        assert!(lines.contains(&line), "{line} in {dot}");
    }
    // The missing event is a node as all are.
    for label in ["$0", "$1", "$2", "$9"] {
        assert!(dot.contains(label), "{label} in {dot}");
    }
    assert_eq!(lines.iter().filter(|line| line.contains("->")).count(), 3);
}

#[test]
fn a_room_is_drawn_from_its_beginning_up() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[1])]));
    let dot = format!("{:?}", Dot::with_config(Reversed(dag.prev()), &[Config::EdgeNoLabel]));
    assert!(dot.contains("0 -> 1 [ ]") && dot.contains("1 -> 2 [ ]"), "{dot}");
}

#[test]
fn the_walk_from_the_beginning_has_each_event_after_those_that_it_cites() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[0]), (3, &[1, 2])]));
    let order: Vec<_> = Topo::new(Reversed(dag.auth())).iter(Reversed(dag.auth())).collect();
    let order: Vec<_> = order.into_iter().map(|number| name(&dag, number)).collect();
    assert!(order == [0, 1, 2, 3] || order == [0, 2, 1, 3], "{order:?}");
}

fn groups(dag: &exeunt_dag::Dag<usize>, groups: Vec<Vec<Number>>) -> BTreeSet<Names> {
    groups.into_iter().map(|group| set(dag, group)).collect()
}

/// The events that can be reached without passing one of them, which starts and ends count as.
fn reached_without(model: &Model, start: Name, without: Name) -> Names {
    let mut found = Names::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        if name != without && found.insert(name) {
            open.extend(model.parents(name));
        }
    }
    found
}

fn is_reversed(view: View<'_, usize>, number: Number) -> Result<(), TestCaseError> {
    let children: Vec<_> = view.children(number).collect();
    prop_assert_eq!(Reversed(view).neighbors(number).collect::<Vec<_>>(), children);
    let parents: Vec<_> = Reversed(view).neighbors_directed(number, Direction::Incoming).collect();
    prop_assert_eq!(parents, view.parents(number));
    let back: BTreeSet<_> =
        Reversed(view).edges(number).map(|edge| (edge.source(), edge.target())).collect();
    let incoming = view.edge_references().filter(|edge| edge.target == number);
    let incoming: BTreeSet<_> = incoming.map(|edge| (edge.target, edge.source)).collect();
    prop_assert_eq!(back, incoming);
    Ok(())
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn the_traits_say_what_the_graph_says(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let view = view(&dag, edges);
            prop_assert_eq!((view.node_count(), view.node_bound()), (dag.bound(), dag.bound()));
            prop_assert_eq!(view.edge_references().count(), view.edge_count());
            for (number, id) in view.node_references() {
                prop_assert_eq!(dag.number(id), Some(number));
                prop_assert_eq!(view.node_weight(number), Some(id));
                prop_assert_eq!(view.from_index(view.to_index(number)), number);
                let targets: Vec<_> =
                    IntoEdges::edges(view, number).map(|edge| edge.target()).collect();
                prop_assert_eq!(targets, view.parents(number));
                for direction in [Direction::Outgoing, Direction::Incoming] {
                    let ends: Vec<_> = view.neighbors_directed(number, direction).collect();
                    let edges: Vec<_> = view.edges_directed(number, direction).collect();
                    let by_edges = edges.iter().map(|edge| match direction {
                        Direction::Outgoing => edge.target(),
                        Direction::Incoming => edge.source(),
                    });
                    prop_assert_eq!(by_edges.collect::<Vec<_>>(), ends);
                    for edge in edges {
                        let all: Vec<_> = IntoEdges::edges(view, edge.source()).collect();
                        prop_assert!(all.contains(&edge));
                        prop_assert_eq!(view.edge_weight(edge.id()), Some(&()));
                    }
                }
                is_reversed(view, number)?;
            }
            let nobody = Number::from_index(dag.bound());
            prop_assert_eq!(view.node_weight(nobody), None);
            prop_assert_eq!(view.edge_weight((nobody, 0)), None);
        }
    }

    #[test]
    fn a_topological_order_is_there_unless_there_is_a_cycle(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let cyclic = view.cycles();
            prop_assert_eq!(is_cyclic_directed(view), !cyclic.is_empty());
            prop_assert_eq!(toposort(Reversed(view), None).is_ok(), cyclic.is_empty());
            match toposort(view, None) {
                Ok(order) => {
                    prop_assert!(cyclic.is_empty());
                    prop_assert_eq!(order.len(), dag.bound());
                    for (place, number) in order.iter().enumerate() {
                        let cited = model.parents(name(&dag, *number));
                        for before in &order[..=place] {
                            prop_assert!(!cited.contains(&name(&dag, *before)));
                        }
                    }
                }
                Err(cycle) => {
                    prop_assert!(cyclic.iter().flatten().any(|of| *of == cycle.node_id()));
                }
            }
        }
    }

    #[test]
    fn strongly_connected_events_are_cycles_or_alone(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let view = view(&dag, edges);
            let mut expected = groups(&dag, view.cycles());
            let cyclic: Names = expected.iter().flatten().copied().collect();
            let others = view.node_identifiers().map(|number| name(&dag, number));
            let others = others.filter(|name| !cyclic.contains(name));
            expected.extend(others.map(|name| Names::from([name])));
            prop_assert_eq!(groups(&dag, tarjan_scc(view)), expected.clone());
            prop_assert_eq!(groups(&dag, kosaraju_scc(view)), expected);
        }
    }

    #[test]
    fn petgraphs_walks_reach_what_ours_do(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let view = view(&dag, edges);
            for start in view.node_identifiers() {
                let with_start = |mut found: Vec<Number>| {
                    found.push(start);
                    found.sort_unstable();
                    found.dedup();
                    found
                };
                let mut down: Vec<_> = Dfs::new(view, start).iter(view).collect();
                down.sort_unstable();
                prop_assert_eq!(&down, &with_start(view.ancestors([start])));
                let mut level: Vec<_> = Bfs::new(view, start).iter(view).collect();
                level.sort_unstable();
                prop_assert_eq!(&level, &down);
                let reversed = Reversed(view);
                let mut up: Vec<_> = Dfs::new(reversed, start).iter(reversed).collect();
                up.sort_unstable();
                prop_assert_eq!(up, with_start(view.descendants([start])));
                for end in view.node_identifiers() {
                    let is_path = start == end || view.is_ancestor(end, start);
                    prop_assert_eq!(has_path_connecting(view, start, end, None), is_path);
                }
            }
        }
    }

    #[test]
    fn a_dominator_is_on_every_way(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let Some(root) = dag.events().next_back() else { continue };
            let dominators = simple_fast(view, root);
            let from = name(&dag, root);
            let reached = reached_without(&model, from, Name::MAX);
            for node in view.node_identifiers() {
                let of = name(&dag, node);
                let found = dominators.dominators(node).map(|all| set(&dag, all));
                let on_every_way =
                    |by: &Name| !reached_without(&model, from, *by).contains(&of);
                let expected: Names = reached.iter().copied().filter(on_every_way).collect();
                prop_assert_eq!(found, reached.contains(&of).then_some(expected));
            }
        }
    }
}

#[test]
fn what_a_walk_visited_can_be_unvisited() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0])]));
    let view = dag.prev();
    let [zero, one] = [0, 1].map(|name| number(&dag, name));
    let mut map = view.visit_map();
    assert!(map.visit(zero) && !map.visit(zero));
    assert!(map.is_visited(&zero) && !map.is_visited(&one));
    assert!(map.unvisit(zero) && !map.unvisit(zero));
    assert!(map.visit(one));
    view.reset_map(&mut map);
    assert!(!map.is_visited(&one));
    assert_eq!(dag.number(&id(0)), Some(zero));
}
