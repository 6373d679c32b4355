//! Conformance: the line protocol, vectors for implementations in any language, and what it means
//! that two answers are the same.
//!
//! An [`Oracle`] is the answering side of the protocol (`docs/PROTOCOL.md`). A [`Vector`] is a question
//! with its right answer, or with several where the text is ambiguous, and says where the text
//! has it. [`compare`] holds an answer against that. [`files`] are the vectors that come with the
//! crate.
//!
//! ```
//! use exeunt_conformance::Oracle;
//!
//! let question = br#"{"id": 1, "op": "canonical_json", "room_version": "11", "value": {"b": 1, "a": 2}}"#;
//! let answer = Oracle::default().answer(question);
//! assert_eq!(answer, r#"{"id":1,"ok":{"canonical":"{\"a\":2,\"b\":1}"}}"#);
//! ```

mod answer;
mod answer_line;
mod choices;
mod compare;
mod duel;
mod explain;
mod family;
mod files;
mod questions;
mod vector;
mod vector_line;

pub use answer::{Asked, Code, Error, Oracle, Question, readings, too_long};
pub use answer_line::{AnswerLine, BadAnswer};
pub use choices::Choices;
pub use compare::{Comparison, Difference, compare, is_refused, same_answer};
pub use duel::{Class, Difference as Divergence, Duel, Posed};
pub use explain::{explaining_readings, other_answers};
pub use family::family;
pub use files::{File, README, SCHEMA, files, vectors};
pub use questions::{OPS, questions_of};
pub use vector::{Alternative, BadVector, Flag, Vector, room_version};
pub use vector_line::VectorLine;
