//! The two parameters that every network has.

use crate::models::model::ParameterHelp;

pub const INPUT: ParameterHelp = ParameterHelp {
    name: "input",
    default: "{ normalise = \"global\", aggregate = \"mean\" }",
    meaning: "of frames alone (a table's rows go in as `prepare` leaves them): segments: frames, hop, most; normalise = \"global\", \"band\" or \"none\"; aggregate = \"mean\", \"max\" or \"vote\"; spec_augment = { band_masks, bands, frame_masks, frames }",
};

pub const TRAIN: ParameterHelp = ParameterHelp {
    name: "train",
    default: "{ epochs = 60, batch = 32, optimizer = \"adam\", learning_rate = 1e-3, validation = 0.1 }",
    meaning: "optimizer = \"sgd\", \"adam\", \"adamw\" or \"rmsprop\" (momentum, nesterov, decay, beta1, beta2, alpha, epsilon); weight_decay (0.01 of adamw, else 0), decay_layers, decay_biases; schedule = { kind = \"constant\", \"step\", \"cosine\", \"one_cycle\" (of the rate alone), \"triangular\" or \"triangular2\" }; clip_norm, class_weight; validation, watch = \"loss\" or \"accuracy\", patience, keep = \"best\" or \"last\"; checkpoint_every, until (end at that epoch), shuffle, drop_last; copies = \"all\" or \"one_an_epoch\" of altered copies, validate_copies; device = \"cpu\", \"vulkan\", \"wgpu\" or \"cuda\" (as --device), precision = \"single\" or \"mixed\" (on cards); initialise (and initialise_linear) = \"torch\", \"he_normal\", \"he_uniform\", \"xavier_normal\" or \"xavier_uniform\"",
};
