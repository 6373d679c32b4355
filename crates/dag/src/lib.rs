//! The event graph of a room as an immutable persistent map.
//!
//! - [`Dag`]: events by ID and by [`Number`], their prev edges and auth edges, what is missing, and
//!   forward extremities.
//! - [`View`]: one kind of edges as a graph: parents, children, generations; ancestors,
//!   descendants, reachability, cycles; the auth difference ([`View::difference`]) and the conflicted state
//!   subgraph ([`View::subgraph`]) of state resolution.
//!
//! A [`View`] implements petgraph's visitor traits, so that its algorithms run on a room directly:
//!
//! ```
//! use exeunt_dag::Dag;
//! use exeunt_event::EventId;
//! use petgraph::dot::{Config, Dot};
//!
//! let id = |name: &str| EventId::from_received(name);
//! let mut dag = Dag::new();
//! dag.insert(&id("$create"), &[], &[], ());
//! dag.insert(&id("$join"), &[id("$create")], &[id("$create")], ());
//! dag.insert(&id("$left"), &[id("$join")], &[id("$create"), id("$join")], ());
//! dag.insert(&id("$right"), &[id("$join")], &[id("$create"), id("$join")], ());
//! dag.insert(&id("$merge"), &[id("$left"), id("$right")], &[id("$create")], ());
//!
//! // Every way from the merge to the beginning leads over the join.
//! let merge = dag.known(&id("$merge")).unwrap();
//! let dominators = petgraph::algo::dominators::simple_fast(dag.prev(), merge);
//! let create = dag.known(&id("$create")).unwrap();
//! assert_eq!(dominators.immediate_dominator(create), dag.known(&id("$join")));
//!
//! // A topological order has each event before those that it cites.
//! let sorted = petgraph::algo::toposort(dag.auth(), None).unwrap();
//! assert_eq!(sorted.last(), Some(&create));
//!
//! let dot = format!("{:?}", Dot::with_config(dag.prev(), &[Config::EdgeNoLabel]));
//! assert!(dot.contains("4 -> 2"));
//! ```
//!
//! For the other direction, from an event to those that cite it, there is
//! [`Reversed`](petgraph::visit::Reversed). Missing events are nodes like others, without edges of
//! their own.
//!
//! Nothing here recurses, and most of petgraph does not. Of what does, `is_cyclic_directed`,
//! `tarjan_scc` and `depth_first_search` can exhaust the stack on a chain of many events; `toposort`,
//! `kosaraju_scc`, `Dfs` and [`View::cycles`] answer the same questions without.

mod ascending;
mod cycles;
mod dag;
mod difference;
mod few;
mod index;
mod node;
mod number;
mod queue;
mod sparse;
mod subgraph;
mod view;
mod visit;
mod walk;

pub use dag::{Dag, Edges, Insertion, Reader};
pub use difference::Sets;
pub use index::Index;
pub use number::Number;
pub use sparse::Sparse;
pub use view::View;
pub use visit::{Edge, Visited};
