//! Networks that start from weights the user has: torchvision's VGG and ResNet, last layer replaced.

use std::path::Path;

use super::blueprint::Blueprint;
use super::weights::Weights;
use crate::models::model::ParameterHelp;
use crate::weights::{FOLDER_VARIABLE, WeightFile, weights_file};

pub const PRETRAINED: ParameterHelp = ParameterHelp {
    name: "pretrained",
    default: "none",
    meaning: "a file of torchvision's weights (.pth or .safetensors) to start from; the last layer starts by chance",
};

/// Loads `path`, where there is one, into every parameter but those that begin with one of `fresh`; names in the plan
/// begin with `branch`, those in the file do not. Gives words for the report.
pub fn start(
    path: Option<&Path>,
    plan: &Blueprint,
    weights: &mut Weights,
    branch: &str,
    fresh: &[&str],
) -> Result<Option<String>, String> {
    let Some(named) = path else { return Ok(None) };
    let path = weights_file(named).ok_or_else(|| {
        let file = named.file_name().unwrap_or_default().display();
        format!(
            "pretrained: no file {} here or among the weights; torchvision's {file} lies at \
             https://download.pytorch.org/models/{file} (BSD-3-Clause): keep it in a folder `weights` here or in the \
             one that {FOLDER_VARIABLE} names",
            named.display()
        )
    })?;
    let path = path.as_path();
    let file = WeightFile::open(path).map_err(|error| format!("pretrained: {error}"))?;
    take(&file, plan, weights, branch, fresh)?;
    Ok(Some(format!("the weights in {} ({})", path.display(), file.digest())))
}

/// Takes every tensor of the branch from the file. A kernel with one row may lack that axis there (Conv1d's).
pub fn take(
    file: &WeightFile,
    plan: &Blueprint,
    weights: &mut Weights,
    branch: &str,
    fresh: &[&str],
) -> Result<usize, String> {
    let parameters = plan.parameters.iter().map(|spec| (spec.name.as_str(), spec.shape.clone()));
    let buffers = plan.buffers.iter().map(|spec| (spec.name.as_str(), vec![spec.len]));
    let Weights { parameters: values, buffers: running } = weights;
    let slots = values.iter_mut().chain(running.iter_mut());
    let mut taken = 0;
    for ((name, shape), slot) in parameters.chain(buffers).zip(slots) {
        let Some(name) = name.strip_prefix(branch) else { continue };
        if fresh.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let without_rows = |shape: &[usize]| match *shape {
            [outputs, inputs, 1, columns] => vec![outputs, inputs, columns],
            _ => shape.to_vec(),
        };
        let wanted = match file.shape(name) {
            Some(found) if found == without_rows(&shape) => without_rows(&shape),
            _ => shape,
        };
        *slot = file.take(name, &wanted).map_err(|error| format!("pretrained: {error}"))?;
        taken += 1;
    }
    Ok(taken)
}
