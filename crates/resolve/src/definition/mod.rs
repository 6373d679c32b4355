//! State resolution as the text has it.
