//! What this module does not do itself.

/// Records that are left to Python, and why: one of them is not of the ordinary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left(pub &'static str);

pub type Outcome<T> = Result<T, Left>;
