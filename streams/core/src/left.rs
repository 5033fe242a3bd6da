//! What this core does not do itself.

/// A customer whose batch is left to Python, and why: it has something that is not ordinary, or not of this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left(pub &'static str);

pub type Outcome<T> = Result<T, Left>;
