//! How a command ends: 0 done, 1 failed, 2 asked wrongly.

use std::process::ExitCode;

use super::print::tell;
use crate::audit::AuditError;
use crate::datasets::DatasetError;
use crate::experiment::ExperimentError;
use crate::features::FeatureError;

/// The command itself is wrong, whatever the data.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Work that was asked for could not all be done; what could be is saved.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Incomplete(pub String);

/// An audit found something inconsistent and has printed it: exit 1, with no more to say.
#[derive(Debug, thiserror::Error)]
#[error("something is inconsistent")]
pub struct Inconsistent;

/// Prints an error and gives the exit code.
pub fn code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    if error.is::<Inconsistent>() {
        return ExitCode::from(1);
    }
    tell!("error: {error}");
    ExitCode::from(if is_usage(&error) { 2 } else { 1 })
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause.is::<FeatureError>()
            || cause.is::<AuditError>()
            || matches!(cause.downcast_ref(), Some(DatasetError::NotUtf8 { .. }))
            || cause.downcast_ref::<ExperimentError>().is_some_and(ExperimentError::is_usage)
    })
}
