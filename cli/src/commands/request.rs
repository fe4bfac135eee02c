//! `key request` and `key check`: how a new key is brought to those who enrol it, by mail, in a file.
//! Not here: the format and its check (the verifier's `request`), the enrolment (`draft key.enrolled`, `init`).

use std::fs;
use std::path::Path;

use answerable_verifier::request::KeyRequest;

use crate::error::CliError;

/// Reads and checks a request file.
pub fn read_request(path: &Path) -> Result<KeyRequest, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    KeyRequest::parse_and_check(&bytes).map_err(|f| {
        let e = CliError::from(f);
        CliError { message: format!("{}: {}", path.display(), e.message), ..e }
    })
}
