//! What the tests of audits share.

use std::process::Output;

use serde_json::Value;

use crate::support::{genrebench, text};

/// The head of a claims file.
pub const HEAD: &str = "[paper]\nid = \"x\"\ntitle = \"x\"\n";

/// Audits a claims file of this text.
pub fn audited(claims: &str, extra: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claims.toml");
    std::fs::write(&path, claims).unwrap();
    genrebench().arg("audit").arg(&path).args(extra).output().unwrap()
}

pub fn findings(output: &Output) -> Vec<Value> {
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let audits: Value = serde_json::from_slice(&output.stdout).unwrap();
    audits[0]["findings"].as_array().unwrap().clone()
}

pub fn is(finding: &Value, verdict: &str) -> bool {
    finding["verdict"] == verdict
}
