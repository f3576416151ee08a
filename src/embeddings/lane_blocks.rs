//! Channels in blocks of sixteen, and what follows a convolution: bias, ReLU, batch norm, the largest over an axis.

/// Channels that lie side by side in memory.
pub(super) const BLOCK: usize = 16;

/// Bias, then `scale·x + shift` of every channel.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub bias: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Norm {
    /// `(x − mean)/√(variance + epsilon)·gamma + beta`, folded.
    pub fn new(bias: Vec<f32>, [gamma, beta, mean, variance]: [Vec<f32>; 4], epsilon: f32) -> Self {
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&variance)
            .map(|(gamma, variance)| (f64::from(*gamma) / f64::from(variance + epsilon).sqrt()) as f32)
            .collect();
        let shift = beta.iter().zip(&mean).zip(&scale);
        let shift = shift.map(|((beta, mean), scale)| beta - mean * scale).collect();
        Self { bias, scale, shift }
    }

    /// Nothing but ReLU.
    pub fn plain(channels: usize) -> Self {
        Self { bias: vec![0.0; channels], scale: vec![1.0; channels], shift: vec![0.0; channels] }
    }

    /// The same for channels one after another.
    pub fn joined(parts: &[Self]) -> Self {
        let join = |part: fn(&Self) -> &Vec<f32>| parts.iter().flat_map(part).copied().collect();
        Self { bias: join(|n| &n.bias), scale: join(|n| &n.scale), shift: join(|n| &n.shift) }
    }

    /// `scale·relu(x + bias) + shift`.
    pub fn apply(&self, channel: usize, value: f32) -> f32 {
        (value + self.bias[channel]).max(0.0) * self.scale[channel] + self.shift[channel]
    }

    /// The largest of [`Norm::apply`] over values from `smallest` to `largest`: it rises or falls throughout, by the
    /// sign of the scale.
    pub fn largest(&self, channel: usize, largest: f32, smallest: f32) -> f32 {
        self.apply(channel, if self.scale[channel] >= 0.0 { largest } else { smallest })
    }
}
