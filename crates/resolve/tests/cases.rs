//! Histories that state resolution is known for, each with the account of its decisions.

mod cases {
    mod protocol;
    mod readings;
    mod room;
    mod v1;
}
