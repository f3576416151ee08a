//! One file an architecture; parameters in the TOML size it, and the papers' networks are what their comments say.

pub mod conv1d;
pub mod conv2d;
pub mod crnn;
mod layers;
pub mod mlp;
pub mod recurrent;
pub mod resnet;
pub mod swapped_conv1d;
pub mod two_branch;
pub mod vgg;
