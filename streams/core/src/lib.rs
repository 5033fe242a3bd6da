//! The compiled core of stitching, as the Python module `streams._core`.

use pyo3::prelude::*;

/// The form of what goes in and comes out; Python refuses a module of another.
const FORM: u32 = 1;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("FORM", FORM)
}
