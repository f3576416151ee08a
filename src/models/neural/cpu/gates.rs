//! The pointwise part of LSTM and GRU steps, with an exponential that vectorises.
//!
//! exp: 2ⁿ · p(r), r = x − n ln 2 in two parts, p of degree 6 (Cephes' expf); sigmoid and tanh follow from it, each
//! within 2e-7 of the true value. `models/kernel.rs` has the same function without fused multiply-adds: one in the
//! place of both would change the last bits of trained networks or of fitted machines.

use crate::audio::vectorised::vectorised;

#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = p.mul_add(r, coefficient);
    }
    let value = p.mul_add(r * r, r) + 1.0;
    value * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

vectorised! {
    /// Gates i, f, g, o (each `hidden` wide, a row a clip) are replaced by their activations; c and h are given.
    /// `h` has rows `h_step` apart.
    pub fn lstm_step<'a>(
        gates: &'a mut [f32],
        before: Option<&'a [f32]>,
        c: &'a mut [f32],
        h: &'a mut [f32],
        hidden: usize,
        h_step: usize,
    ) -> () {
        for (clip, (gates, c)) in gates.chunks_exact_mut(4 * hidden).zip(c.chunks_exact_mut(hidden)).enumerate() {
            let (i, rest) = gates.split_at_mut(hidden);
            let (f, rest) = rest.split_at_mut(hidden);
            let (g, o) = rest.split_at_mut(hidden);
            let h = &mut h[clip * h_step..][..hidden];
            i.iter_mut().for_each(|v| *v = sigmoid(*v));
            f.iter_mut().for_each(|v| *v = sigmoid(*v));
            g.iter_mut().for_each(|v| *v = tanh(*v));
            o.iter_mut().for_each(|v| *v = sigmoid(*v));
            match before {
                Some(before) => {
                    let before = &before[clip * hidden..][..hidden];
                    for k in 0..hidden {
                        c[k] = f[k].mul_add(before[k], i[k] * g[k]);
                    }
                }
                None => {
                    for k in 0..hidden {
                        c[k] = i[k] * g[k];
                    }
                }
            }
            for k in 0..hidden {
                h[k] = o[k] * tanh(c[k]);
            }
        }
    }
}

vectorised! {
    /// Activations become gradients before them; `dc` is carried from step to step; `dh` is the whole gradient of h.
    pub fn lstm_step_back<'a>(
        gates: &'a mut [f32],
        before: Option<&'a [f32]>,
        c: &'a [f32],
        dh: &'a [f32],
        dc: &'a mut [f32],
        hidden: usize,
    ) -> () {
        for (clip, gates) in gates.chunks_exact_mut(4 * hidden).enumerate() {
            let (i, rest) = gates.split_at_mut(hidden);
            let (f, rest) = rest.split_at_mut(hidden);
            let (g, o) = rest.split_at_mut(hidden);
            let at = clip * hidden;
            let (c, dh, dc) = (&c[at..at + hidden], &dh[at..at + hidden], &mut dc[at..at + hidden]);
            for k in 0..hidden {
                let t = tanh(c[k]);
                let d = (dh[k] * o[k]).mul_add(1.0 - t * t, dc[k]);
                let (iv, fv, gv, ov) = (i[k], f[k], g[k], o[k]);
                let old = match before {
                    Some(before) => before[at + k],
                    None => 0.0,
                };
                o[k] = dh[k] * t * ov * (1.0 - ov);
                i[k] = d * gv * iv * (1.0 - iv);
                f[k] = d * old * fv * (1.0 - fv);
                g[k] = d * iv * (1.0 - gv * gv);
                dc[k] = d * fv;
            }
        }
    }
}

vectorised! {
    /// `from_x` (r, z, n: a row a clip) becomes the activations; `from_h` holds W h + b of the step before; h is given.
    pub fn gru_step<'a>(
        from_x: &'a mut [f32],
        from_h: &'a [f32],
        before: Option<(&'a [f32], usize)>,
        h: &'a mut [f32],
        hidden: usize,
        h_step: usize,
    ) -> () {
        for (clip, (gates, from_h)) in
            from_x.chunks_exact_mut(3 * hidden).zip(from_h.chunks_exact(3 * hidden)).enumerate()
        {
            let (r, rest) = gates.split_at_mut(hidden);
            let (z, n) = rest.split_at_mut(hidden);
            for k in 0..hidden {
                r[k] = sigmoid(r[k] + from_h[k]);
                z[k] = sigmoid(z[k] + from_h[hidden + k]);
                n[k] = tanh(r[k].mul_add(from_h[2 * hidden + k], n[k]));
                let old = match before {
                    Some((before, step)) => before[clip * step + k],
                    None => 0.0,
                };
                h[clip * h_step + k] = z[k].mul_add(old - n[k], n[k]);
            }
        }
    }
}

vectorised! {
    /// Activations become gradients before them on the x side; `d_h_side` gets those on the h side; `dh` becomes what
    /// goes straight to the step before.
    pub fn gru_step_back<'a>(
        gates: &'a mut [f32],
        from_h: &'a [f32],
        before: Option<(&'a [f32], usize)>,
        dh: &'a mut [f32],
        d_h_side: &'a mut [f32],
        hidden: usize,
    ) -> () {
        for (clip, (gates, from_h)) in
            gates.chunks_exact_mut(3 * hidden).zip(from_h.chunks_exact(3 * hidden)).enumerate()
        {
            let d_side = &mut d_h_side[clip * 3 * hidden..][..3 * hidden];
            let dh = &mut dh[clip * hidden..][..hidden];
            for k in 0..hidden {
                let (r, z, n) = (gates[k], gates[hidden + k], gates[2 * hidden + k]);
                let old = match before {
                    Some((before, step)) => before[clip * step + k],
                    None => 0.0,
                };
                let dz = dh[k] * (old - n) * z * (1.0 - z);
                let dn = dh[k] * (1.0 - z) * (1.0 - n * n);
                let dr = dn * from_h[2 * hidden + k] * r * (1.0 - r);
                (gates[k], gates[hidden + k], gates[2 * hidden + k]) = (dr, dz, dn);
                (d_side[k], d_side[hidden + k], d_side[2 * hidden + k]) = (dr, dz, dn * r);
                dh[k] *= z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_and_tanh_are_right_to_the_last_digits() {
        for step in -3000..=3000 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x);
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-exact).exp())).abs() < 2e-7, "{x}");
            assert!((f64::from(tanh(x)) - exact.tanh()).abs() < 2e-7, "{x}");
        }
        // exp stops at e⁸⁸, so that the lowest sigmoid is a little above 0.
        assert!((0.0..1e-37).contains(&sigmoid(-1e30)), "{}", sigmoid(-1e30));
        assert_eq!([sigmoid(1e30), tanh(-1e30), tanh(1e30)], [1.0, -1.0, 1.0]);
    }
}
