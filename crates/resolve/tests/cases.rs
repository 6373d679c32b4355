//! Histories that state resolution is known for, each with the account of its decisions.

mod cases {
    mod asked_again;
    mod protocol;
    mod readings;
    mod room;
    mod stories;
    mod v1;
}
