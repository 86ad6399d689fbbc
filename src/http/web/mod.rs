//! What people see in a browser.

pub(crate) mod views;

/// The address of an embedded file under `web/assets`.
pub(crate) fn asset(name: &str) -> String {
    format!("/static/{name}")
}
