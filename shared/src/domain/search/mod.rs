//! Search (spec 03 §2.8, §3.12): what can be asked of which type, and how it is found.
