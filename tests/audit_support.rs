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

/// A claim of a fraction; `more` are further lines.
pub fn claim(of: &str, metric: &str, value: &str, more: &str) -> String {
    format!(
        "[[claim]]\nof = \"{of}\"\nmetric = \"{metric}\"\nvalue = \"{value}\"\nunit = \"fraction\"\n{more}\n"
    )
}

/// The findings on these claims.
pub fn all(claims: &str) -> Vec<Value> {
    findings(&audited(&format!("{HEAD}{claims}"), &["--json"]))
}

/// (system, check, part of the figure, verdict, part of the reason) of findings that must be there.
pub type Expected<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// The findings, of which the expected ones must be some.
pub fn holds(claims: &str, expected: &[Expected]) -> Vec<Value> {
    let found = all(claims);
    let part = |finding: &Value, key: &str, part: &str| finding[key].as_str().unwrap().contains(part);
    for (of, check, figure, verdict, reason) in expected {
        let is_it = |finding: &&Value| {
            finding["of"] == *of
                && finding["check"] == *check
                && part(finding, "figure", figure)
                && is(finding, verdict)
                && part(finding, "reason", reason)
        };
        assert!(
            found.iter().any(|finding| is_it(&finding)),
            "no {verdict} {check} of {of}, {figure:?} because {reason:?}, in {found:#?}"
        );
    }
    found
}

pub fn none_inconsistent(found: &[Value]) {
    assert!(!found.iter().any(|finding| is(finding, "inconsistent")), "{found:#?}");
}
