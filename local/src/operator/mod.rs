//! What an operator does at a terminal.

pub mod accounts;
pub mod bench;
pub mod openapi;
pub mod table;
pub mod transfer;
