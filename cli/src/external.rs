//! The external signer: a command that holds a key elsewhere, such as in an HSM. It gets the bytes to be signed on
//! stdin, and answers an Ed25519 signature on stdout.
//! Not here: keys in the folder (`keys`), and what is signed.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use answerable_schemas::governance::PublicKey as KeyForm;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::{base64_decode, base64_decode_array};

use crate::error::{CliError, FALSE};
use crate::ui;

/// Runs the command, and takes its answer only if it verifies strictly under the public key.
/// `text` is the act in words; the command is told it, and the key's name, so that it can show them once more.
pub fn sign(command: &str, key: &KeyForm, message: &[u8], text: &str) -> Result<[u8; 64], CliError> {
    let output =
        run(command, key, message, text).map_err(|e| failed(format!("the external signer does not run: {e}")))?;
    let said = one_line(&output.stderr);
    if !output.status.success() {
        let said = if said.is_empty() { "nothing".to_owned() } else { said };
        return Err(failed(format!("the external signer ended with {}, and said: {said}", output.status)));
    }
    if !said.is_empty() {
        ui::notice(&format!("the external signer says: {said}"));
    }
    let Some(signature) = read_signature(&output.stdout) else {
        return Err(bad(format!("the external signer answered {} bytes that are no signature", output.stdout.len())));
    };
    let public = base64_decode(&key.public_key).ok().and_then(|b| PublicKey::enrollable(&b).ok());
    match public.map(|p| p.verify_strict(message, &signature)) {
        Some(Ok(())) => Ok(signature),
        _ => Err(bad(format!("what the external signer answered is no signature by {}", key.key))),
    }
}

fn run(command: &str, key: &KeyForm, message: &[u8], text: &str) -> std::io::Result<Output> {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .env("ANSWERABLE_KEY", key.key.as_str())
        .env("ANSWERABLE_EVENT_TEXT", text)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("it was piped");
    std::thread::scope(|scope| {
        // Beside reading, so that neither waits for the other. A command that does not read it all is none of our
        // business: its signature will tell.
        scope.spawn(move || drop(stdin.write_all(message)));
        child.wait_with_output()
    })
}

/// 64 raw bytes, or their base64 with one line's end.
fn read_signature(answer: &[u8]) -> Option<[u8; 64]> {
    if let Ok(raw) = answer.try_into() {
        return Some(raw);
    }
    let text = std::str::from_utf8(answer).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    base64_decode_array(text.strip_suffix('\r').unwrap_or(text)).ok()
}

/// Its lines in one, so that none of them looks like ours.
fn one_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("; ")
}

fn failed(message: String) -> CliError {
    let hint = "try the command by hand: it reads the bytes on stdin, and writes the signature to stdout";
    CliError::environment("sign.external_failed", message, hint)
}

fn bad(message: String) -> CliError {
    let hint = "it signs with Ed25519 over exactly the bytes on stdin, and writes 64 bytes or their base64; \
                compare its public key with: answerable key show KEY";
    CliError { code: "sign.external_bad".into(), message, hint: hint.into(), exit: FALSE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use answerable_verifier::encoding::base64_encode;

    #[test]
    fn a_signature_is_raw_or_base64() {
        let raw: [u8; 64] = std::array::from_fn(|i| i as u8);
        let text = base64_encode(&raw);
        for good in [raw.to_vec(), text.clone().into(), format!("{text}\n").into(), format!("{text}\r\n").into()] {
            assert_eq!(read_signature(&good), Some(raw));
        }
        let short = base64_encode(&raw[..63]);
        for bad in [&raw[..63], b"", b"\n", short.as_bytes(), format!("{text}\n\n").as_bytes(), &[0xff; 65]] {
            assert_eq!(read_signature(bad), None, "{bad:?}");
        }
    }
}
