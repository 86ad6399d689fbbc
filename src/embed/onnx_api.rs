//! Makes ort call tract instead of ONNX Runtime. The only code outside of the kernels that says `unsafe`: the type of
//! an entry in ort's table of C functions demands it.
#![allow(unsafe_code)]

use std::ffi::c_char;
use std::sync::Once;

use ort::sys::{OrtStatusPtr, OrtTensorTypeAndShapeInfo};

/// Sets the table for the process, once.
pub(crate) fn set() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        let mut api = ort_tract::api();
        // ort gives names to the dimensions of what it passes in; tract has no use for them, and no entry.
        api.SetSymbolicDimensions = ignore_names;
        // False when somebody set a table before, which nobody else here does.
        let _first = ort::set_api(api);
    });
}

/// Ignores names, and answers that all is well: no status.
///
/// # Safety
/// None is needed: it looks at nothing it is given.
unsafe extern "system" fn ignore_names(
    _: *mut OrtTensorTypeAndShapeInfo,
    _: *mut *const c_char,
    _: usize,
) -> OrtStatusPtr {
    OrtStatusPtr::default()
}
